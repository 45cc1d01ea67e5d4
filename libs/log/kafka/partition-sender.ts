import { awaitedLater } from '../awaited-later.js';
import type { LogRecord } from '../log.js';
import { type MessagePart, partsOf } from './message-parts.js';
import { WHOLE_WITHIN_MS } from './part-times.js';
import { encodeRecords } from './record.codec.js';

/** With its envelope below the 1 MB that a broker takes as one batch unless told otherwise. */
const MESSAGE_BYTES = 900 * 1024;

interface Appended {
  records: readonly LogRecord[];
  resolve(): void;
  reject(error: unknown): void;
}

export interface SenderParts {
  /** Resolves when the in-sync replicas have it; rejects for good only. */
  send(part: MessagePart): Promise<void>;
  /** Different for every sender that ever was. */
  id: string;
  now: () => number;
}

/**
 * What is appended to one partition, in order: one request at a time, and what is appended meanwhile is the next. So nothing
 * passes a request that failed: it is sent again until it is acknowledged, and after a failure for good all later appends
 * reject, too. A request that was given up may arrive all the same, and late: a repeat, which changes nothing.
 */
export class PartitionSender {
  readonly #waiting: Appended[] = [];
  #inFlight: Appended[] = [];
  #sending = false;
  #sent = 0;
  #failure: unknown;

  constructor(private readonly parts: SenderParts) {}

  append(records: readonly LogRecord[]): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (records.length === 0) return Promise.resolve();
    const appended = new Promise<void>((resolve, reject) => this.#waiting.push({ records, resolve, reject }));
    if (!this.#sending) void this.#run();
    return awaitedLater(appended);
  }

  /** What is on its way may have arrived or not. */
  fail(reason: unknown): void {
    this.#failure ??= reason;
    for (const appended of [...this.#inFlight, ...this.#waiting.splice(0)]) appended.reject(this.#failure);
  }

  async #run(): Promise<void> {
    this.#sending = true;
    await undefined; // Several appends of one task go together.
    try {
      while (this.#waiting.length > 0 && this.#failure === undefined) await this.#next();
    } catch (error) {
      this.fail(error);
    } finally {
      this.#sending = false;
    }
  }

  async #next(): Promise<void> {
    this.#inFlight = this.#take();
    const value = encodeRecords(this.#inFlight.flatMap(({ records }) => records));
    while (!(await this.#sendWhole(value)));
    const done = this.#inFlight;
    this.#inFlight = [];
    for (const { resolve } of done) resolve();
  }

  /** False where it took so long that its readers may have given it up. */
  async #sendWhole(value: Uint8Array): Promise<boolean> {
    const begun = this.parts.now();
    const parts = partsOf(value, MESSAGE_BYTES, `${this.parts.id}-${++this.#sent}`);
    for (const part of parts) {
      await this.parts.send(part);
      if (parts.length > 1 && this.parts.now() - begun > WHOLE_WITHIN_MS) return false;
    }
    return true;
  }

  #take(): Appended[] {
    let bytes = 0;
    let count = 0;
    for (const { records } of this.#waiting) {
      for (const record of records) bytes += record.bytes;
      if (count > 0 && bytes > MESSAGE_BYTES) break;
      count++;
    }
    return this.#waiting.splice(0, count);
  }
}
