import { SimProcess } from './process.js';
import { Random } from './random.js';

/** Something that will happen, when the scheduler picks it. */
interface SimEvent {
  readonly process: SimProcess;
  readonly label: string;
  /** Not before this time (ms). */
  readonly dueMs: number;
  run(): void;
}

export interface TraceEntry {
  step: number;
  atMs: number;
  process: string;
  what: string;
}

/**
 * How a call of a server goes wrong. `lost`: it was not carried out. `unanswered`: it was, and nobody is told.
 * `silent`: it was not, and whoever made it waits for ever.
 */
export type CallFault = 'lost' | 'unanswered' | 'silent' | Slow;

/** It is carried out so much later. */
export interface Slow {
  afterMs: number;
}

export interface KernelOptions {
  seed: number;
  /** Asked for each call; undefined: it goes well. */
  faultOf?: (process: SimProcess, label: string) => CallFault | undefined;
  /** Asked before each event. What befalls its process by that keeps it from happening, or puts it off. */
  onNext?: (process: SimProcess, label: string) => void;
  /** Told of each event; for `--trace`. */
  onTrace?: (entry: TraceEntry) => void;
}

/** A connection broke: whether the call was carried out is not known to whoever made it. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';
}

/** Nothing can happen any more, and what was waited for has not. */
export class Deadlock extends Error {
  override readonly name = 'Deadlock';
}

/**
 * The scheduler of the simulated world: one thing happens at a time, and which one is drawn from the seed. Between two
 * events all that JavaScript has to do is done (promises settle), which is the same each time; so one seed is one schedule.
 *
 * Code under test waits in two ways only: for a call of a server (`call`), and for time (`timers`). A call is two events, that
 * the server carries it out and that the answer arrives, so anything may come between. Time passes only when nothing else can happen, or
 * when the scheduler draws so: timers fire early and late compared with everything else.
 */
export class Kernel {
  readonly random: Random;
  readonly servers = new SimProcess('servers');
  private readonly events: SimEvent[] = [];
  private nowMs = 1_000_000;
  private steps = 0;
  private outsideWork = 0;

  constructor(private readonly options: KernelOptions) {
    this.random = new Random(options.seed);
  }

  now(): number {
    return this.nowMs;
  }

  get step(): number {
    return this.steps;
  }

  /** One operation on a server: `carryOut` runs at one moment, whole. Rejects with what it throws, or `ConnectionLost`. */
  call<T>(process: SimProcess, label: string, carryOut: () => T): Promise<T> {
    return this.longCall(process, label, carryOut);
  }

  /** One that the server may have to wait with: where it gives a promise, it answers once that has settled. */
  longCall<T>(process: SimProcess, label: string, carryOut: () => T | Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const fault = this.options.faultOf?.(process, label);
      if (fault === 'silent') return this.note(`${process.name} waits for ever: ${label}`);
      const lose = () =>
        this.schedule(process, `✗ ${label}`, () => reject(new ConnectionLost(`${label}: the connection was lost`)));
      const answer = (result: T) => this.schedule(process, `← ${label}`, () => resolve(result));
      const fail = (error: unknown) => this.schedule(process, `← ${label} fails`, () => reject(error));
      // From a process that was killed before it could send, nothing comes.
      const carry = () => {
        if (fault === 'lost') return lose();
        const [onResult, onError] = fault === 'unanswered' ? [() => undefined, () => undefined] : [answer, fail];
        if (fault === 'unanswered') lose();
        try {
          const result = carryOut();
          if (result instanceof Promise) void result.then(onResult, onError);
          else onResult(result);
        } catch (error) {
          onError(error);
        }
      };
      if (typeof fault === 'object') this.schedule(process, `→ ${label} (slow)`, carry, fault.afterMs);
      else this.schedule(process, `→ ${label}${fault ? ` (${fault})` : ''}`, carry);
    });
  }

  /** Happens some time from now on, `delayMs` later at the earliest. Returns what takes it back. */
  schedule(process: SimProcess, label: string, run: () => void, delayMs = 0): () => void {
    const event: SimEvent = { process, label, dueMs: this.nowMs + Math.ceil(delayMs), run };
    this.events.push(event);
    return () => {
      const place = this.events.indexOf(event);
      if (place >= 0) this.events.splice(place, 1);
    };
  }

  /** Notes what a check or a fault did, in the trace. */
  note(what: string): void {
    this.options.onTrace?.({ step: this.steps, atMs: this.nowMs, process: '', what });
  }

  /** Until it holds, looked at after each event. */
  async runUntil(holds: () => boolean, mostSteps: number): Promise<void> {
    await this.settled();
    const end = this.steps + mostSteps;
    while (!holds()) {
      if (this.steps >= end) throw new Deadlock(`not within ${mostSteps} steps`);
      if (!this.happen()) throw new Deadlock('nothing can happen any more');
      await this.settled();
    }
  }

  /** Lets things happen until what is returned is called: for tests that await instead of saying how far. */
  runFreely(): () => void {
    let isRunning = true;
    const run = async () => {
      while (isRunning) {
        this.happen();
        await this.settled();
      }
    };
    void run();
    return () => {
      isRunning = false;
    };
  }

  /** What really takes its time (reading a module from the disk): nothing happens in the simulated world until it is done. */
  async outside<T>(work: Promise<T>): Promise<T> {
    this.outsideWork++;
    try {
      return await work;
    } finally {
      this.outsideWork--;
    }
  }

  private drawn(able: readonly SimEvent[]): SimEvent {
    for (let again = 0; ; again++) {
      const event = this.random.one(able);
      const { pace } = event.process;
      if (pace === 1 || again === MOST_DRAWS || this.random.chance(pace)) return event;
    }
  }

  /** All promises that can settle have. */
  private async settled(): Promise<void> {
    do await aTurn();
    while (this.outsideWork > 0);
  }

  /** One event, if there is one. */
  private happen(): boolean {
    for (let i = this.events.length - 1; i >= 0; i--) if (this.events[i]?.process.isDead) this.events.splice(i, 1);
    const awake = this.events.filter(({ process }) => process.state === 'running');
    if (awake.length === 0) return false;
    let able = awake.filter(({ dueMs }) => dueMs <= this.nowMs);
    if (able.length === 0 || this.random.chance(TIME_PASSES)) {
      const next = Math.min(...awake.map(({ dueMs }) => (dueMs > this.nowMs ? dueMs : Number.POSITIVE_INFINITY)));
      if (next !== Number.POSITIVE_INFINITY) {
        this.nowMs = next;
        able = awake.filter(({ dueMs }) => dueMs <= this.nowMs);
      }
    }
    const event = this.drawn(able);
    this.options.onNext?.(event.process, event.label);
    if (event.process.state !== 'running') return true;
    this.events.splice(this.events.indexOf(event), 1);
    this.steps++;
    this.options.onTrace?.({ step: this.steps, atMs: this.nowMs, process: event.process.name, what: event.label });
    event.run();
    return true;
  }
}

/** While something else could happen. */
const TIME_PASSES = 0.02;
/** So often at most a slow process is passed over where there is hardly anything else. */
const MOST_DRAWS = 20;

const aTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
