import { setMaxListeners } from 'node:events';
import type { BatchHandler, ConsumeOptions, Consumer, LogRecord } from '../log.js';
import { Lane, type LaneOwner, type LogTimers } from '../lane.js';
import { within } from '../within.js';
import type { Topic } from './topic.js';

export class EmbeddedConsumer implements Consumer, LaneOwner {
  readonly failed: Promise<never>;
  readonly lanes: Lane[] = [];
  readonly #abort = new AbortController();
  #reject!: (error: unknown) => void;
  #paused = false;
  #stopping: Promise<void> | undefined;

  constructor(
    private readonly topic: Topic,
    private readonly group: string,
    readonly options: ConsumeOptions,
    readonly handler: BatchHandler<LogRecord>,
    readonly timers: LogTimers,
  ) {
    setMaxListeners(0, this.#abort.signal);
    this.failed = new Promise((_, reject) => {
      this.#reject = reject;
    });
    // A failure that nobody waits for is no unhandled rejection: the appends of the topic reject as well.
    this.failed.catch(() => undefined);
    this.lanes = topic.join(group, this);
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get taking(): boolean {
    return !this.#paused && !this.#abort.signal.aborted;
  }

  fail(error: unknown): void {
    this.#abort.abort(error);
    this.#reject(error);
    this.topic.fail(error);
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    for (const lane of this.lanes) lane.wake();
  }

  stop(deadlineMs: number): Promise<void> {
    this.#stopping ??= this.#stop(deadlineMs);
    return this.#stopping;
  }

  /** Without waiting for anything: the log closes. */
  cut(reason: unknown): void {
    this.#abort.abort(reason);
    this.#leave();
  }

  async #stop(deadlineMs: number): Promise<void> {
    this.#abort.abort(new Error(`the consumer of ${this.topic.name} stops`));
    await within(this.timers, deadlineMs, Promise.all(this.lanes.map((lane) => lane.idle())));
    this.#leave();
  }

  #leave(): void {
    for (const lane of this.lanes) lane.leave();
    this.topic.leave(this.group, this);
  }
}
