import type { Host, StopSignalName } from './host.js';

const EXIT_BY_SIGNAL: Record<StopSignalName, number> = { SIGINT: 130, SIGTERM: 143 };
const CLEAN_STOP_MS = 10_000;

/**
 * The first signal asks the engine to stop cleanly, which it does within ten seconds; a second one ends the process at
 * once. Both are safe: what a killed run leaves behind the next one takes up. Listens only once `clean` was called:
 * a command that has nothing to stop ends as any process does.
 */
export class StopSignals {
  received: StopSignalName | undefined;
  private readonly controller = new AbortController();
  private words: string | undefined;
  private unlisten: (() => void) | undefined;
  private deadline: NodeJS.Timeout | undefined;

  constructor(
    private readonly host: Host,
    private readonly say: (text: string) => void,
  ) {}

  /** From now on signals stop cleanly, by this; `words` where stopping means something else than usual. */
  clean(words?: string): AbortSignal {
    this.words = words;
    this.unlisten ??= this.host.onSignal((name) => this.take(name));
    return this.controller.signal;
  }

  dispose(): void {
    this.unlisten?.();
    clearTimeout(this.deadline);
  }

  private take(name: StopSignalName): void {
    if (this.received) return this.host.exit(EXIT_BY_SIGNAL[name]);
    this.received = name;
    this.say(this.words ?? (name === 'SIGINT' ? 'Stopping cleanly; Ctrl-C again stops at once.' : 'Stopping cleanly.'));
    this.controller.abort();
    this.deadline = setTimeout(() => this.giveUp(), CLEAN_STOP_MS);
    this.deadline.unref();
  }

  private giveUp(): void {
    this.say('It did not stop within ten seconds and ends now; the next run goes on from here.');
    this.host.exit(1);
  }
}

export function exitCodeBy(signal: StopSignalName): number {
  return EXIT_BY_SIGNAL[signal];
}
