import type { Socket } from 'node:net';
import type { SourceClient } from './connection.js';

interface QueryConnection {
  stream: Socket;
  query(text: string): void;
}

const COPY_DATA = 0x64;
/** Copy-out response, notice, parameter status: may stand between the rows. */
const BETWEEN = new Set([0x48, 0x4e, 0x53]);
const QUEUE_MAX_CHUNKS = 4;

/**
 * A COPY … TO STDOUT as blocks of whole lines. It reads the socket past pg's parser, which would make an object per row:
 * a block's payloads are moved together inside the socket's own buffer and decoded at once. Whatever is not a row is
 * handed back to pg, which ends the statement.
 */
export class CopyOut implements AsyncIterable<string> {
  private connection: QueryConnection | undefined;
  private listener: ((chunk: Buffer) => void) | undefined;
  private readonly receive = (chunk: Buffer): void => this.take(chunk);
  private parts: Buffer[] = [];
  private partBytes = 0;
  private needed = 0;
  private readonly blocks: string[] = [];
  private waiting: (() => void) | undefined;
  private end: { error?: Error } | undefined;

  constructor(
    private readonly text: string,
    client: SourceClient,
  ) {
    client.query(this as unknown as Parameters<SourceClient['query']>[0]);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<string, void> {
    for (;;) {
      const block = this.blocks.shift();
      if (block !== undefined) {
        if (this.blocks.length === QUEUE_MAX_CHUNKS / 2 && this.listener) this.connection?.stream.resume();
        yield block;
      } else if (this.end) {
        if (this.end.error) throw this.end.error;
        return;
      } else {
        await new Promise<void>((resolve) => {
          this.waiting = resolve;
        });
      }
    }
  }

  /** Called by pg when the statement's turn has come. */
  submit(connection: QueryConnection): void {
    this.connection = connection;
    const { stream } = connection;
    this.listener = stream.listeners('data')[0] as (chunk: Buffer) => void;
    stream.removeListener('data', this.listener);
    stream.on('data', this.receive);
    connection.query(this.text);
  }

  handleError(error: Error): void {
    this.giveBack();
    this.finish(error);
  }

  handleReadyForQuery(): void {
    this.finish();
  }

  handleCommandComplete(): void {}

  private finish(error?: Error): void {
    this.end ??= error ? { error } : {};
    this.wake();
  }

  private wake(): void {
    this.waiting?.();
    this.waiting = undefined;
  }

  private take(chunk: Buffer): void {
    const buffer = this.whole(chunk);
    if (!buffer) return;
    let from = 0;
    let to = 0;
    let ended = false;
    while (from + 5 <= buffer.length) {
      const code = buffer[from] as number;
      const end = from + 1 + buffer.readInt32BE(from + 1);
      if (code !== COPY_DATA && !BETWEEN.has(code)) {
        ended = true;
        break;
      }
      if (end > buffer.length) break;
      if (code === COPY_DATA) {
        buffer.copyWithin(to, from + 5, end);
        to += end - from - 5;
      }
      from = end;
    }
    if (to > 0) this.push(buffer.toString('utf8', 0, to));
    if (ended) this.giveBack(buffer.subarray(from));
    else this.keep(buffer, from);
  }

  private push(block: string): void {
    this.blocks.push(block);
    if (this.blocks.length >= QUEUE_MAX_CHUNKS) this.connection?.stream.pause();
    this.wake();
  }

  /** With what was left of the chunks before; undefined while the message begun there is not complete. */
  private whole(chunk: Buffer): Buffer | undefined {
    if (this.parts.length === 0) return chunk;
    this.parts.push(chunk);
    this.partBytes += chunk.length;
    if (this.partBytes < this.needed) return undefined;
    const whole = Buffer.concat(this.parts, this.partBytes);
    this.parts = [];
    return whole;
  }

  private keep(buffer: Buffer, from: number): void {
    const rest = buffer.subarray(from);
    if (rest.length === 0) return;
    this.parts = [rest];
    this.partBytes = rest.length;
    this.needed = rest.length >= 5 ? 1 + rest.readInt32BE(1) : 5;
  }

  private giveBack(rest?: Buffer): void {
    const { listener, connection } = this;
    if (!listener || !connection) return;
    this.listener = undefined;
    connection.stream.removeListener('data', this.receive);
    connection.stream.on('data', listener);
    if (rest && rest.length > 0) listener(rest);
    connection.stream.resume();
  }
}
