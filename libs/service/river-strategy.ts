import type { Handlers, Owned } from '#job';
import type { LogBatch, LogRecord } from '#log';
import type { Plan, RowsRecord } from '#model';
import type { Metrics } from '#observability/metrics';
import type { Logger } from '#observability';
import { FenceMissing } from '#store';
import { BaseRpcContext, type CustomTransportStrategy, Server } from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import { countChanges } from './observer.js';
import type { Supervisor } from './supervisor.js';

/** The topics that controllers handle, as `@MessagePattern`s. */
export type RiverTopic = 'load-tasks' | 'rows' | 'build-tasks' | 'touches';

/** Beside a batch: whose it is, and the actors that own its partition. */
export class RiverContext extends BaseRpcContext<[Owned]> {
  constructor(
    readonly owned: Owned,
    readonly plan: Plan,
  ) {
    super([owned]);
  }
}

type Completing = { completed: Promise<void> };

/**
 * Nest's transport over the Log port: batches of a job's topics go to the handlers that controllers declare, and their
 * offsets are committed when what the handler returned as `completed` has resolved. Nest's own Kafka transport handles
 * one message at a time, and acknowledges what no handler took; here a topic without a handler is not consumed.
 */
export class RiverStrategy extends Server implements CustomTransportStrategy {
  constructor(
    private readonly makeSupervisor: (strategy: RiverStrategy) => Supervisor,
    private readonly parts: { metrics: Metrics; logger: Logger; onClosed: () => Promise<void> },
  ) {
    super();
  }

  private supervisor: Supervisor | undefined;

  listen(callback: (error?: unknown) => void): void {
    this.supervisor = this.makeSupervisor(this);
    this.supervisor.start();
    callback();
  }

  async close(): Promise<void> {
    await this.supervisor?.stop();
    await this.parts.onClosed();
  }

  /** Ready: the list of jobs was read lately. */
  isReady(): boolean {
    return (this.supervisor?.seenMsAgo ?? Number.POSITIVE_INFINITY) < READY_MS;
  }

  on(): void {
    throw new Error('the river has no events');
  }

  unwrap<T>(): T {
    return this.supervisor as T;
  }

  /** What consumes the topics of a job: the handlers of the controllers, with these actors. */
  handlersOf(owned: Owned, plan: Plan): Partial<Handlers> {
    const context = new RiverContext(owned, plan);
    const handlers: Record<keyof Handlers, RiverTopic> = {
      load: 'load-tasks',
      rows: 'rows',
      build: 'build-tasks',
      touches: 'touches',
    };
    const declared = Object.entries(handlers).filter(([, topic]) => this.getHandlerByPattern(topic) !== null);
    return Object.fromEntries(
      declared.map(([name, topic]) => [name, (batch: LogBatch<LogRecord>) => this.deliver(topic, batch, context)]),
    );
  }

  /** Has a controller handle this, and resolves with its answer. */
  async request<T>(pattern: string, payload: unknown, context: BaseRpcContext): Promise<T> {
    const handler = this.getHandlerByPattern(pattern);
    if (handler === null) throw new Error(`no controller handles ${pattern}`);
    return (await lastValueFrom(this.transformToObservable(await handler(payload, context)))) as T;
  }

  private async deliver(topic: RiverTopic, batch: LogBatch<LogRecord>, context: RiverContext): Promise<Completing> {
    const { metrics } = this.parts;
    const labels = { job: context.plan.job, topic };
    if (topic === 'rows') countChanges(metrics, context.plan, batch.records as unknown as readonly RowsRecord[]);
    metrics.batchRecords.observe(labels, batch.records.length);
    const ended = metrics.batchSeconds.startTimer(labels);
    const failed = (err: unknown): void => this.tell(err, { ...labels, partition: batch.partition }, batch.signal);
    try {
      const completing = await this.request<Completing>(topic, batch, context);
      completing.completed.then(() => ended(), failed);
      return completing;
    } catch (error) {
      failed(error);
      throw error;
    }
  }

  /** Whoever takes the partition next begins with this batch; at a stop, and when its load is over, that is as it should be. */
  private tell(err: unknown, place: Record<string, unknown>, signal: AbortSignal): void {
    const level = signal.aborted || err instanceof FenceMissing ? 'debug' : 'warn';
    this.parts.logger[level]({ ...place, err }, 'a batch was not completed');
  }
}

const READY_MS = 30_000;
