import type { MillraceError } from '#errors';
import type { AskedRun } from '#job';

/** The list of jobs, as far as whoever runs one looks at it: what is asked, and how a run ended that nobody stopped. */
export class SimJobList {
  number = 1;
  private isFresh = false;
  private endedNumber = 0;
  isCompleted = false;
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
    this.isCompleted = false;
    this.attention = undefined;
  }

  /** A snapshot is loaded. */
  done(number: number): void {
    this.endedNumber = Math.max(this.endedNumber, number);
  }

  /** Nothing is left of the job, and nothing is asked of it. */
  complete(): void {
    this.isCompleted = true;
    this.endedNumber = this.number;
  }

  /** A failure that comes to light after the completion is not put in its place. */
  end(number: number, error: MillraceError): void {
    if (this.isCompleted) return;
    this.endedNumber = Math.max(this.endedNumber, number);
    if (number === this.number) this.attention = error;
  }
}
