import { setTimeout as sleep } from 'node:timers/promises';
import { MillraceError } from '#errors';
import type { Finding, Plan } from '#model';
import type { CaptureEvent, CaptureEvents, CaptureNames, CaptureStream, SourceIdentity } from '../source.js';
import { CAPTURE_CODES } from './capture.codes.js';
import type { PostgresConnections, SourceClient } from './connection.js';
import { sqlStateOf } from './errors.js';
import { type DecodedBatch, EventQueue } from './event-queue.js';
import { refuseReplaced } from './identity.js';
import { markerPrefix } from './marker.js';
import { PgoutputDecoder } from './pgoutput-decoder.js';
import { publicationChange } from './publication.js';
import { ReplicationStream } from './replication-stream.js';
import { replacedColumn } from './replaced-columns.js';
import { SchemaGuard } from './schema-guard.js';
import { checkSlot, endSlotUser } from './slot.js';
import { TransactionIds } from './transaction-id.js';
import { currentSnapshot } from './visibility.js';

export interface CaptureOptions {
  /** Reading pauses when so much is decoded and not taken, and goes on at half of it. */
  queueMaxBytes: number;
  statusIntervalMs: number;
  /** A server that says nothing for so long, though asked, counts as gone. */
  silenceMs: number;
  /** For how long a former user of the slot is waited for before it is ended. */
  takeOverAfterMs: number;
  stopDeadlineMs: number;
  /** How often it is looked at what no log tells: dropped tables, partitions attached. */
  watchIntervalMs: number;
}

export const CAPTURE_DEFAULTS: CaptureOptions = {
  queueMaxBytes: 4 * 1024 * 1024,
  statusIntervalMs: 500,
  silenceMs: 120_000,
  takeOverAfterMs: 3_000,
  stopDeadlineMs: 2_000,
  watchIntervalMs: 15_000,
};

const RETRY_MS = 200;

/** One iteration of a slot's changes. What the socket gives is decoded at once; the queue's bound is what pauses it. */
export class PostgresCapture implements CaptureStream {
  private readonly queue = new EventQueue();
  private readonly aborted = new AbortController();
  private stream: ReplicationStream | undefined;
  private paused = false;
  private confirmed = 0n;
  /** The highest position that a commit event has carried. */
  private offered = 0n;
  private watcher: NodeJS.Timeout | undefined;
  private iteration: AsyncIterator<CaptureEvents> | undefined;

  constructor(
    private readonly connections: PostgresConnections,
    private readonly plan: Plan,
    private readonly names: CaptureNames,
    private readonly epoch: number,
    private readonly options: CaptureOptions = CAPTURE_DEFAULTS,
    /** Whose log it is to be; undefined where nobody has asked. */
    private readonly told: SourceIdentity | undefined = undefined,
  ) {}

  [Symbol.asyncIterator](): AsyncIterator<CaptureEvents> {
    this.iteration ??= this.iterate();
    return this.iteration;
  }

  confirm(commit: bigint): void {
    if (commit <= this.confirmed) return;
    if (commit > this.offered) throw new RangeError('a position that was never handed over cannot be confirmed');
    this.confirmed = commit;
    this.stream?.confirm(commit);
  }

  async stop(): Promise<void> {
    this.aborted.abort();
    clearInterval(this.watcher);
    this.queue.close();
    await this.stream?.stop(this.options.stopDeadlineMs);
  }

  private async *iterate(): AsyncGenerator<CaptureEvents, void> {
    try {
      const guard = new SchemaGuard(this.connections, this.plan.tables);
      await this.open();
      for (let batch = await this.queue.take(); batch; batch = await this.queue.take()) {
        this.resumeIfDrained();
        const { events, bytes, stops } = await this.guarded(batch, guard);
        if (events.length > 0) yield { events, bytes };
        if (stops) return;
      }
    } catch (error) {
      if (!this.aborted.signal.aborted) throw await this.explain(error);
    } finally {
      await this.stop();
    }
  }

  private async open(): Promise<void> {
    await checkSlot(this.connections, this.names);
    const transactionIds = new TransactionIds((await currentSnapshot(this.connections)).xmax);
    const decoder = new PgoutputDecoder({
      tables: this.plan.tables,
      epoch: this.epoch,
      markerPrefix: markerPrefix(this.plan.job),
      transactionIds,
    });
    const stream = await this.start(decoder);
    this.stream = stream;
    if (this.aborted.signal.aborted) return stream.stop(this.options.stopDeadlineMs);
    stream.confirm(this.confirmed);
    this.watch();
    this.watcher = setInterval(() => this.watch(), this.options.watchIntervalMs);
  }

  /** Where it cannot be asked now, it is asked again later: a source that is gone shows in the stream. */
  private watch(): void {
    this.silentChange().then(
      (finding) => {
        if (!finding || this.aborted.signal.aborted) return;
        clearInterval(this.watcher);
        this.queue.events.push({ op: 'schema', finding, stops: true });
        this.queue.added(0);
        this.queue.flush();
      },
      (error: unknown) => {
        if (!this.connections.error(error).retriable) this.queue.fail(error);
      },
    );
  }

  /** Of which the log says nothing. */
  private async silentChange(): Promise<Finding | undefined> {
    const { connections, names, plan } = this;
    return (
      (await publicationChange(connections, names.publication, plan)) ??
      (await replacedColumn(connections, plan.tables))
    );
  }

  /** Waits for a former user of the slot, and then ends it: a process that was killed is noticed late by the server. */
  private async start(decoder: PgoutputDecoder): Promise<ReplicationStream> {
    const takeOverAt = Date.now() + this.options.takeOverAfterMs;
    const giveUpAt = takeOverAt + 10_000;
    for (;;) {
      const client = await this.connections.replicationClient();
      try {
        if (this.told !== undefined) await refuseReplaced(client, this.told);
        return await this.startOn(client, decoder);
      } catch (error) {
        client.abort();
        this.aborted.signal.throwIfAborted();
        if (sqlStateOf(error) !== '55006')
          throw this.connections.error(error, `streaming from ${this.names.slot}`, client);
        if (Date.now() >= giveUpAt) throw this.inUse(error);
      }
      if (Date.now() >= takeOverAt) await endSlotUser(this.connections, this.names.slot);
      await sleep(RETRY_MS, undefined, { signal: this.aborted.signal });
    }
  }

  private startOn(client: SourceClient, decoder: PgoutputDecoder): Promise<ReplicationStream> {
    const { queue } = this;
    return ReplicationStream.start(
      client,
      { ...this.names, ...this.options },
      {
        message: (buffer, offset) => queue.added(decoder.decode(buffer, offset, queue.events)),
        keepalive: (walEnd, sentAtMs) => queue.added(decoder.keepalive(walEnd, sentAtMs, queue.events)),
        readEnd: () => {
          this.pauseIfFull();
          queue.flush();
        },
        ended: (error) => queue.fail(this.connections.error(error, `streaming from ${this.names.slot}`, client)),
      },
    );
  }

  private pauseIfFull(): void {
    if (this.paused || this.queue.bytes < this.options.queueMaxBytes) return;
    this.paused = true;
    this.stream?.pause();
  }

  private resumeIfDrained(): void {
    if (!this.paused || this.queue.bytes > this.options.queueMaxBytes / 2) return;
    this.paused = false;
    this.stream?.resume();
  }

  /** What follows a change of schema that stops the job is not handed over: it may have been decoded by a wrong plan. */
  private async guarded(
    { events, bytes }: DecodedBatch,
    guard: SchemaGuard,
  ): Promise<CaptureEvents & { stops: boolean }> {
    const checked: CaptureEvent[] = [];
    for (const event of events) {
      if (event.op === 'relation') checked.push(...(await guard.check(event.relation, event.table)));
      else checked.push(event);
      const last = checked[checked.length - 1];
      if (last?.op === 'schema' && last.stops) return { events: checked, bytes, stops: true };
      if (last?.op === 'commit' && last.confirm > this.offered) this.offered = last.confirm;
    }
    return { events: checked, bytes, stops: false };
  }

  /** A stream may break because its slot or publication went away: that decides whether trying again helps. */
  private async explain(error: unknown): Promise<MillraceError> {
    const failure = this.connections.error(error, `streaming from ${this.names.slot}`);
    if (!['55000', '42704'].includes(sqlStateOf(failure) ?? '')) return failure;
    try {
      await checkSlot(this.connections, this.names);
      return failure;
    } catch (reason) {
      return this.connections.error(reason);
    }
  }

  private inUse(cause: unknown): MillraceError {
    const { slot } = this.names;
    return new MillraceError(
      CAPTURE_CODES.SLOT_IN_USE,
      `The replication slot ${slot} is in use by another session. ${CAPTURE_CODES.SLOT_IN_USE.remedy}`,
      {
        retriable: true,
        cause,
        context: { slot },
      },
    );
  }
}
