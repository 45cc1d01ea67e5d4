import { MillraceError } from '#errors';
import { LOG_ERRORS } from '#log';
import { ConnectionLost, type SimProcess, type SimTimers, simTimers } from '../kernel/index.js';
import { topicMissing } from '../../../libs/log/topic-missing.js';
import { type SimBroker, UnknownTopic } from './sim-broker.js';

const AGAIN_AFTER_MS = 500;
/** A topic is gone where every answer says so for as long as this. */
const GONE_AFTER_MS = 5_000;
const FEW_TIMES = 5;

export interface Patience {
  /** Looked at before each try. */
  isWanted?: () => boolean;
  signal?: AbortSignal;
}

/** What one process has to do with the broker, until its log is closed. */
export class Connection {
  readonly timers: SimTimers;
  readonly #closing = new AbortController();

  constructor(
    readonly broker: SimBroker,
    readonly process: SimProcess,
  ) {
    this.timers = simTimers(broker.kernel, process);
  }

  /** Why nothing goes on; undefined while it is open. */
  get closed(): unknown {
    return this.#closing.signal.reason;
  }

  assertOpen(): void {
    this.#closing.signal.throwIfAborted();
  }

  close(): void {
    this.#closing.abort(new MillraceError(LOG_ERRORS.LOG_CLOSED, 'the log was closed', { retriable: true }));
  }

  call<T>(label: string, carryOut: (broker: SimBroker) => T): Promise<T> {
    return this.broker.kernel.call(this.process, label, () => carryOut(this.broker));
  }

  /** Again and again while it may help and is wanted; undefined where it is wanted no more. */
  async patiently<T>(topic: string, work: () => Promise<T>, patience: Patience = {}): Promise<T | undefined> {
    let awaySinceMs: number | undefined;
    while (patience.isWanted?.() ?? true) {
      this.assertOpen();
      patience.signal?.throwIfAborted();
      try {
        return await work();
      } catch (error) {
        if (!isTransient(error)) throw error;
        awaySinceMs = error instanceof UnknownTopic ? (awaySinceMs ?? this.timers.elapsed()) : undefined;
        if (awaySinceMs !== undefined && this.timers.elapsed() - awaySinceMs >= GONE_AFTER_MS)
          throw topicMissing(topic, error);
        await this.until(this.timers.wait(AGAIN_AFTER_MS), patience.signal);
      }
    }
    return undefined;
  }

  /** As an administrator's client: some tries, and then it says so. */
  async aFewTimes<T>(what: string, work: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      this.assertOpen();
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof ConnectionLost)) throw error;
        if (tries > FEW_TIMES)
          throw new MillraceError(LOG_ERRORS.LOG_UNREACHABLE, `${what}: no answer`, { cause: error, retriable: true });
        await this.until(this.timers.wait(AGAIN_AFTER_MS));
      }
    }
  }

  /** Rejects where the log is closed before, or the signal raised. */
  async until<T>(work: Promise<T>, signal?: AbortSignal): Promise<T> {
    const ends = signal ? [this.#closing.signal, signal] : [this.#closing.signal];
    for (const end of ends) end.throwIfAborted();
    const listening: (() => void)[] = [];
    const ended = new Promise<never>((_, reject) => {
      for (const end of ends) {
        const stop = () => reject(end.reason);
        end.addEventListener('abort', stop);
        listening.push(() => end.removeEventListener('abort', stop));
      }
    });
    try {
      return await Promise.race([work, ended]);
    } finally {
      for (const stop of listening) stop();
    }
  }
}

const isTransient = (error: unknown): boolean => error instanceof ConnectionLost || error instanceof UnknownTopic;
