import type { Kernel } from '../../kernel/index.js';
import type { Session } from './sessions.js';

interface Wait {
  retry(): boolean;
}

/** Answered at once, or later. */
export type Answer<T> = { value: T } | { later: Promise<T> };

/** Statements that wait for transactions to end. Each is tried again, in an event of its own, after any has ended. */
export class Waits {
  private readonly waiting = new Set<Wait>();
  private isDue = false;

  constructor(private readonly kernel: Kernel) {}

  /** `attempt` gives undefined as long as it has to wait. */
  answer<T>(session: Session, label: string, attempt: () => T | undefined): Answer<T> {
    const value = attempt();
    if (value !== undefined) return { value };
    const later = new Promise<T>((resolve, reject) => {
      const fails = (error: unknown) =>
        void this.kernel.schedule(session.process, `← ${label} fails`, () => reject(error));
      const wait: Wait = {
        retry: () => {
          try {
            const late = attempt();
            if (late === undefined) return false;
            this.kernel.schedule(session.process, `← ${label}`, () => resolve(late));
          } catch (error) {
            fails(error);
          }
          return true;
        },
      };
      this.waiting.add(wait);
      session.onEnd((error) => this.waiting.delete(wait) && fails(error));
    });
    later.catch(() => undefined);
    return { later };
  }

  transactionEnded(): void {
    if (this.isDue || this.waiting.size === 0) return;
    this.isDue = true;
    this.kernel.schedule(this.kernel.servers, 'what waits for a transaction goes on', () => {
      this.isDue = false;
      for (const wait of [...this.waiting]) if (this.waiting.has(wait) && wait.retry()) this.waiting.delete(wait);
    });
  }
}
