import { availableParallelism } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { COMPLETE_SEEDS, neverReached, summaryOf } from './matrix/summary.js';
import { type Failure, isFailure, named, reported } from './report.js';
import type { SeedOptions, SeedResult } from './world/seed.js';

export interface CampaignOptions {
  from: number;
  /** So many, or as many as fit into `seconds`. */
  seeds: number;
  seconds?: number;
  /** Ends with the first seed that fails, and does not look for its shortest storm. */
  brief?: boolean;
  /** Whether a row of the fault matrix that was never reached is a failure. */
  complete?: boolean;
  /** Every seed is one of progress; the steps to rest are told. */
  progress?: boolean;
  /** Of every seed only what `verify` finds counts. */
  verify?: boolean;
  /** The module of its workers, which answers a seed with what became of it. */
  worker: URL;
  say: (line: string) => void;
}

/** Of a worker. */
export interface AskedSeed {
  seed: number;
  options: SeedOptions;
}

const PROGRESS_MS = 5_000;
const MOST_FAILURES = 3;
/** Nothing of a world lives long: with this, little of it is copied about. */
const YOUNG_MB = 64;
/**
 * Of one worker. A world ends with its processes in the midst of something: Node keeps what waits for a composed signal as long as it
 * waits, some 2 MB of each world.
 */
const MOST_SEEDS = 200;
/** Where an error was caught by nobody each process of the engine would end by it, too. */
const ENDED = 'the process ended by an error that nobody caught, or by a loop without an end';
/** The longest take some seconds. */
const MOST_OF_ONE_MS = 600_000;

export function seedOptions({ progress, verify }: Pick<CampaignOptions, 'progress' | 'verify'>): SeedOptions {
  return { ...(progress && { isOfProgress: true }), ...(verify && { isJudgedByVerify: true }) };
}

/** Many seeds, on all cores; what failed is told at the end. */
export class Campaign {
  private readonly began = Date.now();
  private readonly reached = new Map<string, number>();
  private readonly failures: Failure[] = [];
  private next: number;
  private done = 0;
  private steps = 0;
  private slowest: SeedResult | undefined;
  private readonly ofSeed: SeedOptions;

  constructor(private readonly options: CampaignOptions) {
    this.next = options.from;
    this.ofSeed = seedOptions(options);
  }

  /** Whether all held. */
  async run(): Promise<boolean> {
    const { from, seeds, seconds, say, brief } = this.options;
    say(seconds === undefined ? `seeds ${from} to ${from + seeds - 1}` : `seeds from ${from}, for ${seconds} s`);
    const progress = setInterval(() => say(`${this.told()}, ${this.passedS()} s`), PROGRESS_MS);
    await Promise.all(Array.from({ length: availableParallelism() }, () => this.work()));
    clearInterval(progress);
    for (const line of summaryOf(this.reached)) say(line);
    for (const failure of this.failures)
      say(brief || failure.failure === ENDED ? named(failure, this.ofSeed) : await reported(failure, this.ofSeed));
    const { slowest } = this;
    if (slowest) say(`from the end of faults to rest at most ${slowest.stepsToRest} steps, in seed ${slowest.seed}`);
    const { length } = this.failures;
    say(`${this.told()}, ${this.passedS()} s: ${length === 0 ? 'all laws held' : `${length} failed`}`);
    return length === 0 && this.hasVerified() && this.isComplete();
  }

  private async work(): Promise<void> {
    let worker = this.makeWorker();
    for (let asked = 1; this.goesOn(); asked++) {
      if (asked % MOST_SEEDS === 0) {
        await worker.terminate();
        worker = this.makeWorker();
      }
      const seed = this.next++;
      const result = await this.resultOf(worker, seed);
      if (result === undefined) worker = this.makeWorker();
      this.take(
        result ?? {
          seed,
          steps: 0,
          reached: new Map(),
          withheld: new Set(),
          stormSteps: 0,
          failure: ENDED,
          stepsToRest: undefined,
        },
      );
    }
    await worker.terminate();
  }

  private goesOn(): boolean {
    const { from, seeds, seconds, brief } = this.options;
    if (this.failures.length >= (brief ? 1 : MOST_FAILURES)) return false;
    return seconds === undefined ? this.next < from + seeds : this.passedS() < seconds;
  }

  private take(result: SeedResult): void {
    this.done++;
    this.steps += result.steps;
    if ((result.stepsToRest ?? 0) > (this.slowest?.stepsToRest ?? 0)) this.slowest = result;
    for (const [name, times] of result.reached) this.reached.set(name, (this.reached.get(name) ?? 0) + times);
    if (isFailure(result)) this.failures.push(result);
  }

  /** Where `verify` is the judge, whatever else fails is none of its business; but it has to have been asked. */
  private hasVerified(): boolean {
    if (!this.options.verify || this.reached.has('verified')) return true;
    this.options.say(`nothing was verified in ${this.done} seeds`);
    return false;
  }

  private isComplete(): boolean {
    const { progress, verify, say } = this.options;
    // Of those some rows never come.
    const isWhole = !progress && !verify && this.done >= COMPLETE_SEEDS;
    const { complete = isWhole } = this.options;
    const missing = complete ? neverReached(this.reached) : [];
    for (const row of missing) say(`never reached in ${this.done} seeds: ${row}`);
    return missing.length === 0;
  }

  private told(): string {
    return `${this.done} seeds, ${this.steps} steps`;
  }

  private passedS(): number {
    return Math.round((Date.now() - this.began) / 1_000);
  }

  private makeWorker(): Worker {
    return new Worker(this.options.worker, { resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB } });
  }

  /** Undefined where the worker has ended. */
  private resultOf(worker: Worker, seed: number): Promise<SeedResult | undefined> {
    return new Promise((resolve) => {
      const over = new AbortController();
      const told = (result: SeedResult | undefined) => {
        over.abort();
        worker.off('error', ended);
        worker.off('exit', exited);
        resolve(result);
      };
      const ended = (error: unknown) => {
        this.options.say(`seed ${seed}: ${error instanceof Error ? error.stack : String(error)}`);
        told(undefined);
      };
      const exited = () => ended('its process is gone');
      worker.once('message', told);
      worker.once('error', ended);
      worker.once('exit', exited);
      setTimeout(MOST_OF_ONE_MS, undefined, { signal: over.signal, ref: false }).then(
        () => {
          ended(`nothing happens any more for ${MOST_OF_ONE_MS / 1_000} s`);
          return worker.terminate();
        },
        () => undefined,
      );
      worker.postMessage({ seed, options: this.ofSeed } satisfies AskedSeed);
    });
  }
}
