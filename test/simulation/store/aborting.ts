import type { SimTimers } from '../kernel/index.js';

/** The end of a store, for all that waits in it: cheaper than a signal, which each call would listen to. */
export class Closing {
  private reason: Error | undefined;
  private readonly waiting = new Set<(reason: Error) => void>();

  get isOver(): boolean {
    return this.reason !== undefined;
  }

  close(reason: Error): void {
    this.reason = reason;
    for (const end of this.waiting) end(reason);
    this.waiting.clear();
  }

  throwIfClosed(): void {
    if (this.reason !== undefined) throw this.reason;
  }

  /** Rejects when it closes or the signal is raised; what was begun goes on. */
  unlessOver<T>(begun: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const onAbort = () => finish(() => reject(signal?.reason));
      const onClose = (reason: Error) => finish(() => reject(reason));
      const finish = (settle: () => void) => {
        signal?.removeEventListener('abort', onAbort);
        this.waiting.delete(onClose);
        settle();
      };
      begun.then(
        (result) => finish(() => resolve(result)),
        (error: unknown) => finish(() => reject(error)),
      );
      this.waiting.add(onClose);
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  async pause(timers: SimTimers, ms: number, signal: AbortSignal | undefined): Promise<void> {
    let timer: unknown;
    const rung = new Promise<void>((resolve) => {
      timer = timers.setTimeout(resolve, ms);
    });
    try {
      await this.unlessOver(rung, signal);
    } finally {
      timers.clearTimeout(timer);
    }
  }
}
