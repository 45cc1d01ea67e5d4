import type { JobEvent } from '#job';
import type { Watcher } from './watcher.js';

const REPEATED_AFTER_MS = 30_000;

/** Tells trouble once, and again only after a while; that it is over only where it was told. All else passes. */
export class Calm implements Watcher {
  private readonly toldAtMs = new Map<string, number>();

  constructor(
    private readonly watcher: Watcher,
    private readonly now: () => number,
  ) {}

  take(event: JobEvent): void {
    if (event.kind === 'trouble' && !this.isNews(event.message)) return;
    if (event.kind === 'recovered') {
      if (this.toldAtMs.size === 0) return;
      this.toldAtMs.clear();
    }
    this.watcher.take(event);
  }

  end(): void {
    this.watcher.end();
  }

  private isNews(message: string): boolean {
    const told = this.toldAtMs.get(message);
    if (told !== undefined && this.now() - told < REPEATED_AFTER_MS) return false;
    this.toldAtMs.set(message, this.now());
    return true;
  }
}
