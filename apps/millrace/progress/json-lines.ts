import type { JobEvent } from '#job';
import type { Host } from '../host.js';
import type { Terminal } from '../terminal.js';
import { isLast, subjectOf, Throttle, type Watcher } from './watcher.js';

const INTERVAL_MS = 1000;

/** Progress for machines: each event as it is, one a line on stdout, at most one a second of a kind. */
export class JsonLines implements Watcher {
  private readonly throttle = new Throttle(INTERVAL_MS);

  constructor(
    private readonly terminal: Terminal,
    private readonly host: Host,
  ) {}

  take(event: JobEvent): void {
    if (this.throttle.passes(subjectOf(event), this.host.now(), isLast(event))) {
      this.terminal.printJson(this.terminal.redactor.redactAll(event));
    }
  }

  end(): void {}
}
