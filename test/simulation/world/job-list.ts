import type { MillraceError } from '#errors';
import type { AskedRun } from '#job';

/** The list of jobs, as far as whoever runs one looks at it: what is asked, and how a run ended that nobody stopped. */
export class SimJobList {
  /** Codes of what ended runs, when that was to be expected. */
  readonly expected = new Set<string>();
  number = 1;
  private isFresh = false;
  private endedNumber = 0;
  /** What a person has to read before anything goes on. */
  attention: MillraceError | undefined;

  take(): AskedRun | undefined {
    if (this.endedNumber === this.number) return undefined;
    return { number: this.number, options: { fresh: this.isFresh, dropTarget: false, force: [] } };
  }

  get isAskedAnew(): boolean {
    return this.number > 1;
  }

  goesOnWith(taken: number): boolean {
    return taken === this.number;
  }

  askAnew(): void {
    this.number++;
    this.isFresh = true;
    this.attention = undefined;
  }

  end(number: number, error: MillraceError): void {
    this.endedNumber = Math.max(this.endedNumber, number);
    if (number === this.number) this.attention = error;
  }
}
