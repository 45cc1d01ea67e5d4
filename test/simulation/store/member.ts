import { NotPrimary } from './server-failures.js';

/** A time that does not come. */
export const NEVER = Number.POSITIVE_INFINITY;

interface Waiting {
  time: number;
  go(): void;
  fail(error: Error): void;
}

/** A server that takes itself for the primary, for one term: the one that is it, or the one that was before it. */
export class Member {
  isPrimary = true;
  private isOver = false;
  private waiting: Waiting[] = [];

  constructor(
    readonly term: number,
    /** Up to here a majority has what was written, as far as this member knows. */
    public majority: number,
  ) {}

  /** Once a majority has what was written until then; never on a member that was deposed before. */
  once<T>(time: number, run: () => T): T | Promise<T> {
    if (this.isOver) throw new NotPrimary('not the primary any more');
    if (time <= this.majority) return run();
    return new Promise((resolve, reject) => {
      const go = () => {
        try {
          resolve(run());
        } catch (error) {
          reject(error);
        }
      };
      this.waiting.push({ time, go, fail: reject });
    });
  }

  advance(majority: number): void {
    this.majority = majority;
    const ready = this.waiting.filter(({ time }) => time <= majority);
    this.waiting = this.waiting.filter(({ time }) => time > majority);
    for (const { go } of ready) go();
  }

  /** It hears that it was deposed: whoever waits there is told so. */
  stepDown(): void {
    this.isOver = true;
    for (const { fail } of this.waiting.splice(0)) fail(new NotPrimary('not the primary any more'));
  }
}
