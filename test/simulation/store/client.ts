import { MillraceError } from '#errors';
import type { CollectionRef } from '#store';
import { MONGODB_ERRORS } from '#store/mongodb';
import type { Kernel, SimProcess, SimTimers } from '../kernel/index.js';
import { Closing } from './aborting.js';
import { type Member, NEVER } from './member.js';
import { type Verdict, verdictOf } from './server-failures.js';
import type { Connection, SimMongo } from './sim-mongo.js';

/** Told of every repeat. */
export type OnRetry = (label: string, error: unknown, attempt: number) => void;

export interface ClientParts {
  kernel: Kernel;
  mongo: SimMongo;
  process: SimProcess;
  timers: SimTimers;
  stateDatabase: string;
  targetDatabase: string;
  onRetry: OnRetry;
}

/** What one process has of the driver: its connection, the time that it has seen, and pauses between repeats. */
export class Client {
  readonly mongo: SimMongo;
  readonly onRetry: OnRetry;
  /** When the newest thing was done that is known here. */
  time = 0;
  private readonly connection: Connection;
  private readonly closing = new Closing();

  constructor(private readonly parts: ClientParts) {
    this.mongo = parts.mongo;
    this.onRetry = parts.onRetry;
    this.connection = parts.mongo.connect(parts.process.name);
    parts.process.whenDead(() => parts.mongo.disconnect(this.connection));
  }

  get process(): string {
    return this.connection.name;
  }

  get job(): string {
    return this.parts.stateDatabase;
  }

  databaseOf(database: CollectionRef['database']): string {
    return database === 'state' ? this.parts.stateDatabase : this.parts.targetDatabase;
  }

  observe(time: number): void {
    if (time > this.time) this.time = time;
  }

  /** One command to whom this process takes for the primary. */
  async call<T>(label: string, carryOut: (member: Member) => T | Promise<T>, signal?: AbortSignal): Promise<T> {
    this.throwIfAborted(signal);
    const { kernel, process } = this.parts;
    const called = kernel.longCall(process, `store ${label}`, () => carryOut(this.mongo.reached(this.connection)));
    return this.closing.unlessOver(called, signal);
  }

  /** Again and again while its failure is transient. */
  async repeat<T>(label: string, carryOut: (member: Member) => T | Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.call(label, carryOut);
      } catch (error) {
        this.throwIfAborted();
        const verdict = verdictOf(error);
        if (verdict === 'permanent') throw error;
        this.onRetry(label, error, attempt);
        await this.pause(verdict, attempt);
      }
    }
  }

  /** For good: acknowledged once a majority has it. `change` gives the time of it, and changes nothing where it is so. */
  async change(label: string, change: () => number): Promise<void> {
    const time = await this.repeat(label, (member) => {
      const at = member.isPrimary ? change() : NEVER;
      return member.once(at, () => at);
    });
    this.observe(time);
  }

  /** Growing, by chance: as the adapter's. */
  pause(verdict: Verdict, attempt: number, signal?: AbortSignal): Promise<void> {
    const { timers } = this.parts;
    const ms =
      verdict === 'conflict'
        ? timers.random() * Math.min(5 * 1.6 ** attempt, 500)
        : (0.5 + timers.random() / 2) * Math.min(50 * 2 ** attempt, 5_000);
    return this.closing.pause(timers, ms, signal);
  }

  throwIfAborted(signal?: AbortSignal): void {
    signal?.throwIfAborted();
    this.closing.throwIfClosed();
  }

  close(): void {
    if (this.closing.isOver) return;
    this.closing.close(new MillraceError(MONGODB_ERRORS.STORE_CLOSED, 'the connection to the target was closed'));
    this.mongo.disconnect(this.connection);
  }
}
