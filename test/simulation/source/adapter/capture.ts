import { MillraceError } from '#errors';
import type { Plan } from '#model';
import {
  type CaptureEvent,
  type CaptureEvents,
  type CaptureNames,
  type CaptureStream,
  type SourceIdentity,
  sameSource,
} from '#sources';
import { CAPTURE_CODES } from '../../../../libs/sources/postgres/capture.codes.js';
import { CAPTURE_DEFAULTS, type CaptureOptions } from '../../../../libs/sources/postgres/capture.js';
import { EventQueue } from '../../../../libs/sources/postgres/event-queue.js';
import { markerPrefix } from '../../../../libs/sources/postgres/marker.js';
import { type DecodedEvent, PgoutputDecoder } from '../../../../libs/sources/postgres/pgoutput-decoder.js';
import { replacedColumn } from '../../../../libs/sources/postgres/replaced-columns.js';
import { SchemaGuard } from '../../../../libs/sources/postgres/schema-guard.js';
import { TransactionIds } from '../../../../libs/sources/postgres/transaction-id.js';
import type { SimTimers } from '../../kernel/index.js';
import type { Slot } from '../server/slots.js';
import type { WalSender } from '../server/wal-sender.js';
import { currentSnapshot } from './capture-start.js';
import { CLOSED, errorOf, type SimClient, type SimConnections } from './connections.js';
import { guardConnections } from './guard-connections.js';
import { checkSlot, endSlotUser, slotInUse, sqlStateOf } from './slot.js';

/** Of the real adapter's options, those that mean something here. */
export type SimCaptureOptions = Pick<
  CaptureOptions,
  'queueMaxBytes' | 'statusIntervalMs' | 'takeOverAfterMs' | 'watchIntervalMs'
>;

/** A small bound, so that a consumer that does not take holds the server back in small simulations too. */
export const SIM_CAPTURE_DEFAULTS: SimCaptureOptions = { ...CAPTURE_DEFAULTS, queueMaxBytes: 8 * 1024 };

const RETRY_MS = 200;
const GIVE_UP_MS = 10_000;

interface Streaming {
  client: SimClient;
  sender: WalSender;
  slot: Slot;
}

export interface SimCaptureParts {
  connections: SimConnections;
  timers: SimTimers;
  plan: Plan;
  names: CaptureNames;
  epoch: number;
  options: SimCaptureOptions;
  /** Whose log it is to be; undefined where nobody has asked. */
  told: SourceIdentity | undefined;
}

/** One iteration of a slot's changes, decoded by the real adapter's decoder, queued in its queue, opened in its order. */
export class SimCapture implements CaptureStream {
  private readonly queue = new EventQueue();
  private readonly aborted = new AbortController();
  private streaming: Streaming | undefined;
  private isPaused = false;
  private confirmed = 0n;
  private offered = 0n;
  private statusTimer: unknown;
  private watchTimer: unknown;
  private iteration: AsyncIterator<CaptureEvents> | undefined;

  constructor(private readonly parts: SimCaptureParts) {}

  [Symbol.asyncIterator](): AsyncIterator<CaptureEvents> {
    this.iteration ??= this.iterate();
    return this.iteration;
  }

  confirm(commit: bigint): void {
    if (commit <= this.confirmed) return;
    if (commit > this.offered) throw new RangeError('a position that was never handed over cannot be confirmed');
    this.confirmed = commit;
    this.statusTimer ??= this.parts.timers.setTimeout(() => this.sendStatus(), this.parts.options.statusIntervalMs);
  }

  async stop(): Promise<void> {
    this.aborted.abort();
    this.queue.close();
    this.parts.timers.clearTimeout(this.statusTimer);
    this.parts.timers.clearTimeout(this.watchTimer);
    const { streaming } = this;
    this.streaming = undefined;
    if (!streaming) return;
    const { client, slot } = streaming;
    const { server } = this.parts.connections;
    const lastWords = client.call('confirms and ends the stream', (session) => {
      server.slots.confirm(session, slot, this.confirmed);
      session.end(CLOSED);
    });
    await lastWords.catch(() => undefined);
  }

  private async *iterate(): AsyncGenerator<CaptureEvents, void> {
    try {
      const { connections, plan } = this.parts;
      const guard = new SchemaGuard(guardConnections(connections), plan.tables);
      await this.open();
      for (let batch = await this.queue.take(); batch; batch = await this.queue.take()) {
        this.resumeIfDrained();
        const { events, stops } = await this.guarded(batch.events, guard);
        if (events.length > 0) yield { events, bytes: batch.bytes };
        if (stops) return;
      }
    } catch (error) {
      if (!this.aborted.signal.aborted) throw await this.explain(error);
    } finally {
      await this.stop();
    }
  }

  private async open(): Promise<void> {
    const { connections, plan, names, epoch } = this.parts;
    await checkSlot(connections, names);
    const transactionIds = new TransactionIds((await currentSnapshot(connections)).xmax);
    const decoder = new PgoutputDecoder({
      tables: plan.tables,
      epoch,
      markerPrefix: markerPrefix(plan.job),
      transactionIds,
    });
    this.streaming = await this.start(decoder);
    if (this.aborted.signal.aborted) await this.stop();
    else this.watch();
  }

  /** What the log does not tell, and what could not be seen yet when it told of the table. */
  private watch(): void {
    const { connections, plan, options, timers } = this.parts;
    this.watchTimer = timers.setTimeout(() => this.watch(), options.watchIntervalMs);
    replacedColumn(guardConnections(connections), plan.tables).then(
      (finding) => {
        if (finding === undefined) return;
        this.queue.events.push({ op: 'schema', finding, stops: true });
        this.queue.added(0);
        this.queue.flush();
      },
      (error: unknown) => {
        if (!errorOf(error, 'looking at the columns').retriable) this.queue.fail(error);
      },
    );
  }

  /** Waits for a former user of the slot, and then ends it. */
  private async start(decoder: PgoutputDecoder): Promise<Streaming> {
    const { connections, timers, names, options } = this.parts;
    const takeOverAt = timers.now() + options.takeOverAfterMs;
    for (;;) {
      try {
        return await this.startOnce(decoder);
      } catch (error) {
        this.aborted.signal.throwIfAborted();
        if (sqlStateOf(error) !== '55006') throw error;
        if (timers.now() >= takeOverAt + GIVE_UP_MS) throw slotInUse(names.slot);
      }
      if (timers.now() >= takeOverAt) await endSlotUser(connections, names.slot);
      await timers.wait(RETRY_MS, this.aborted.signal);
    }
  }

  private async startOnce(decoder: PgoutputDecoder): Promise<Streaming> {
    const { connections, names, told } = this.parts;
    const { server } = connections;
    const { client, answer } = await connections.open('starts to stream', (session) => {
      if (told !== undefined) refuseReplaced(server.identity, told);
      return server.stream(session, names, this.receiver(decoder));
    });
    return { client, ...answer };
  }

  private receiver(decoder: PgoutputDecoder) {
    const { queue } = this;
    return {
      message: (buffer: Buffer, offset: number) => queue.added(decoder.decode(buffer, offset, queue.events)),
      keepalive: (walEnd: bigint, sentAtMs: number) =>
        queue.added(decoder.keepalive(walEnd, sentAtMs, queue.events as DecodedEvent[])),
      readEnd: () => {
        if (queue.bytes >= this.parts.options.queueMaxBytes) this.isPaused = true;
        queue.flush();
      },
      ended: (error: unknown) => queue.fail(errorOf(error, `streaming from ${this.parts.names.slot}`)),
      isPaused: () => this.isPaused,
    };
  }

  private resumeIfDrained(): void {
    if (!this.isPaused || this.queue.bytes > this.parts.options.queueMaxBytes / 2) return;
    this.isPaused = false;
    this.streaming?.sender.pump();
  }

  /** As the real one: what follows a change of schema that stops the job is not handed over. */
  private async guarded(
    events: readonly DecodedEvent[],
    guard: SchemaGuard,
  ): Promise<{ events: CaptureEvent[]; stops: boolean }> {
    const checked: CaptureEvent[] = [];
    for (const event of events) {
      if (event.op === 'relation') checked.push(...(await guard.check(event.relation, event.table)));
      else checked.push(event);
      const last = checked.at(-1);
      if (last?.op === 'schema' && last.stops) return { events: checked, stops: true };
      if (last?.op === 'commit' && last.confirm > this.offered) this.offered = last.confirm;
    }
    return { events: checked, stops: false };
  }

  private sendStatus(): void {
    this.statusTimer = undefined;
    if (!this.streaming) return;
    const { client, slot } = this.streaming;
    const { slots } = this.parts.connections.server;
    const confirmed = this.confirmed;
    client
      .call('confirms', (session) => slots.confirm(session, slot, confirmed))
      .catch((error: unknown) => this.queue.fail(error));
  }

  /** A stream may break because its slot or publication went away: that decides whether trying again helps. */
  private async explain(error: unknown): Promise<MillraceError> {
    const failure = errorOf(error, `streaming from ${this.parts.names.slot}`);
    if (!['55000', '42704'].includes(sqlStateOf(failure) ?? '')) return failure;
    try {
      await checkSlot(this.parts.connections, this.parts.names);
      return failure;
    } catch (reason) {
      return errorOf(reason, 'looking at the slot');
    }
  }
}

/** As the real adapter does on the session that streams. */
function refuseReplaced(identity: SourceIdentity, told: SourceIdentity): void {
  if (sameSource(identity, told)) return;
  throw new MillraceError(CAPTURE_CODES.SOURCE_REPLACED, 'another server, or another history, answers', {
    retriable: true,
  });
}
