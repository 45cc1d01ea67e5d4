import type { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import type { Client } from 'pg';

/** What a stream of replication tells, in the order of the log; called from the socket, so nothing here may wait. */
export interface ReplicationHandler {
  /** A message of the output plugin stands at `offset`. The buffer is only lent for the call. */
  message(buffer: Buffer, offset: number): void;
  /** Everything below `walEnd` was sent before. */
  keepalive(walEnd: bigint, sentAtMs: number): void;
  /** The end of what one turn of the event loop had to read. */
  readEnd(): void;
  /** The stream ended by itself; nothing is called any more. */
  ended(error: unknown): void;
}

export interface ReplicationOptions {
  slot: string;
  publication: string;
  statusIntervalMs: number;
  /** A server that is asked and says nothing for so long counts as gone. */
  silenceMs: number;
}

/** The parts of pg's connection below its client that replication needs. */
interface RawConnection extends EventEmitter {
  stream: Socket;
  sendCopyFromChunk(chunk: Buffer): void;
  end(): void;
}

const PG_EPOCH_MS = 946_684_800_000;
const XLOG_DATA = 0x77;
const KEEPALIVE = 0x6b;
const XLOG_HEADER = 25;

/**
 * One START_REPLICATION over a session of its own. Statuses go out on a timer also while reading is paused, so that the
 * server's `wal_sender_timeout` never ends a stream whose consumer is slow.
 */
export class ReplicationStream {
  private confirmed = 0n;
  private received = 0n;
  private turn = false;
  private paused = false;
  /** Ticks of the timer since the server was last heard of. */
  private silentTicks = 0;
  private stopped = false;
  private timer: NodeJS.Timeout | undefined;
  private readonly connection: RawConnection;

  private constructor(
    client: Client,
    private readonly handler: ReplicationHandler,
  ) {
    this.connection = (client as unknown as { connection: RawConnection }).connection;
  }

  /** Resolves when the server streams; rejects with what the driver says where it refuses. */
  static async start(
    client: Client,
    options: ReplicationOptions,
    handler: ReplicationHandler,
  ): Promise<ReplicationStream> {
    const stream = new ReplicationStream(client, handler);
    const { connection } = stream;
    // pg has a handler of its own that throws on data which no query of its own asked for.
    connection.removeAllListeners('copyData');
    connection.on('copyData', (message: { chunk: Buffer }) => stream.receive(message.chunk));
    const started = new Promise<void>((resolve) => connection.once('replicationStart', resolve));
    const finished = client.query(
      `START_REPLICATION SLOT "${options.slot}" LOGICAL 0/0 (proto_version '1', publication_names '"${options.publication}"', messages 'true')`,
    );
    await Promise.race([started, finished]);
    stream.timer = setInterval(() => stream.tick(options), options.statusIntervalMs);
    finished.then(
      () => stream.finish(new Error('the server ended the stream')),
      (error: unknown) => stream.finish(error),
    );
    return stream;
  }

  /** All before this position has an effect that can no longer be lost; sent by the timer and at the end. */
  confirm(position: bigint): void {
    if (position > this.confirmed) this.confirmed = position;
  }

  pause(): void {
    this.paused = true;
    this.connection.stream.pause();
  }

  resume(): void {
    this.paused = false;
    this.silentTicks = 0;
    this.connection.stream.resume();
  }

  /** Sends the last status, says good-bye, and reads on without listening, since the server may be in mid-sentence. */
  async stop(deadlineMs: number): Promise<void> {
    if (this.stopped) return;
    this.silence();
    const socket = this.connection.stream;
    if (socket.destroyed) return;
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    const late = setTimeout(() => socket.destroy(), deadlineMs);
    this.sendStatus();
    this.connection.end();
    socket.resume();
    await closed;
    clearTimeout(late);
  }

  private receive(chunk: Buffer): void {
    if (this.stopped) return;
    this.silentTicks = 0;
    try {
      if (chunk[0] === XLOG_DATA) {
        this.note(chunk.readBigUInt64BE(1));
        this.handler.message(chunk, XLOG_HEADER);
      } else if (chunk[0] === KEEPALIVE) this.receiveKeepalive(chunk);
    } catch (error) {
      this.finish(error);
      this.connection.stream.destroy();
      return;
    }
    if (!this.turn) {
      this.turn = true;
      setImmediate(() => this.endTurn());
    }
  }

  private endTurn(): void {
    this.turn = false;
    if (!this.stopped) this.handler.readEnd();
  }

  private receiveKeepalive(chunk: Buffer): void {
    const walEnd = chunk.readBigUInt64BE(1);
    this.note(walEnd);
    this.handler.keepalive(walEnd, Math.floor(Number(chunk.readBigInt64BE(9)) / 1000) + PG_EPOCH_MS);
    if (chunk[17] === 1) this.sendStatus();
  }

  private note(position: bigint): void {
    if (position > this.received) this.received = position;
  }

  private finish(error: unknown): void {
    if (this.stopped) return;
    this.silence();
    this.handler.ended(error);
  }

  private silence(): void {
    this.stopped = true;
    clearInterval(this.timer);
  }

  /** Counts ticks rather than time, so that a process that was suspended does not take itself for a dead server. */
  private tick({ silenceMs, statusIntervalMs }: ReplicationOptions): void {
    const allowed = silenceMs / statusIntervalMs;
    if (!this.paused && ++this.silentTicks > allowed) {
      this.connection.stream.destroy(Object.assign(new Error('the server has fallen silent'), { code: 'ETIMEDOUT' }));
      return;
    }
    this.sendStatus(this.silentTicks > allowed / 4);
  }

  /** `r`: written, flushed, applied, clock, whether a reply is wanted. What counts for the slot is "flushed". */
  private sendStatus(replyWanted = false): void {
    const socket = this.connection.stream;
    if (socket.destroyed || !socket.writable) return;
    const status = Buffer.alloc(34);
    status[0] = 0x72;
    status.writeBigUInt64BE(this.received > this.confirmed ? this.received : this.confirmed, 1);
    status.writeBigUInt64BE(this.confirmed, 9);
    status.writeBigUInt64BE(this.confirmed, 17);
    status.writeBigInt64BE(BigInt(Date.now() - PG_EPOCH_MS) * 1000n, 25);
    status[33] = replyWanted ? 1 : 0;
    this.connection.sendCopyFromChunk(status);
  }
}
