import type { MillraceError } from '#errors';
import type { AskedRun } from '#job';
import type { SimJob } from './sim-service.js';

const AS_IT_IS: AskedRun['options'] = { fresh: false, dropTarget: false, force: [] };

/** The list of jobs, as far as whoever runs one looks at it: what is asked, and how a run ended that nobody stopped. */
export class SimJobList {
  number = 1;
  /** How often a load was asked for. */
  loads = 1;
  isCompleted = false;
  /** What a person has to read before anything goes on. */
  attention: MillraceError | undefined;
  /** Told of each load that is asked for. */
  onAnew: () => void = () => undefined;
  private options = AS_IT_IS;
  private endedNumber = 0;
  private isStopped = false;

  constructor(public job: SimJob) {}

  take(): AskedRun | undefined {
    if (this.isStopped || this.endedNumber === this.number) return undefined;
    return { number: this.number, options: this.options };
  }

  goesOnWith(taken: number): boolean {
    return !this.isStopped && taken === this.number;
  }

  askAnew({ dropTarget = false } = {}): void {
    this.loads++;
    this.onAnew();
    this.ask({ fresh: true, dropTarget, force: [] });
  }

  /** What stopped it is mended: it goes on with the load that it has. */
  askAgain(): void {
    this.ask(AS_IT_IS);
  }

  /** By another file from now on; whether it may be carried out over what is there is for whoever runs it to find out. */
  change(job: SimJob): void {
    this.job = job;
    this.number++;
    this.options = AS_IT_IS;
  }

  /** Nobody is to run it any more. */
  stop(): void {
    this.isStopped = true;
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

  private ask(options: AskedRun['options']): void {
    this.number++;
    this.isStopped = false;
    this.options = options;
    this.isCompleted = false;
    this.attention = undefined;
  }
}
