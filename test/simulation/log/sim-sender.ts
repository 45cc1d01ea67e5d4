import { awaitedLater, type LogRecord } from '#log';
import { ConnectionLost } from '../kernel/index.js';
import type { Connection } from './connection.js';
import { frozenCopy } from './frozen-copy.js';

interface Appended {
  records: readonly LogRecord[];
  resolve(): void;
  reject(error: unknown): void;
}

/** What is larger goes in parts, of which readers pass over repeats. */
const MESSAGE_BYTES = 900 * 1024;

/** Before and after the request is sent again, and the next ones are. */
const LATE_MS = 5_000;

/** One message on its way, tried as often as it takes. */
interface Message {
  records: readonly LogRecord[];
  isInParts: boolean;
  hasArrived: boolean;
}

/**
 * What is appended to one partition, in order, as the real sender: one request at a time, what is appended meanwhile is
 * the next, and nothing passes one that failed. A request of which the answer was lost is sent again, so its message may be
 * there twice; one that was given up may arrive late, behind newer ones.
 */
export class SimSender {
  readonly #waiting: Appended[] = [];
  #inFlight: Appended[] = [];
  #sending = false;
  #failure: unknown;

  constructor(
    private readonly connection: Connection,
    private readonly topic: string,
    private readonly partition: number,
  ) {}

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
    const { bytes, count } = this.#room();
    this.#inFlight = this.#waiting.splice(0, count);
    const records = frozenCopy(this.#inFlight.flatMap((appended) => appended.records));
    const message: Message = { records, isInParts: bytes > MESSAGE_BYTES, hasArrived: false };
    const isWanted = () => this.#failure === undefined;
    await this.connection.patiently(this.topic, () => this.#request(message), { isWanted });
    const done = this.#inFlight;
    this.#inFlight = [];
    for (const { resolve } of done) resolve();
  }

  /** Of what waits, so many appends go as one message. */
  #room(): { bytes: number; count: number } {
    const most = this.connection.broker.cut(this.#waiting.length);
    let bytes = 0;
    let count = 0;
    for (const { records } of this.#waiting) {
      const more = records.reduce((sum, record) => sum + record.bytes, 0);
      if (count > 0 && (bytes + more > MESSAGE_BYTES || count >= most)) break;
      bytes += more;
      count++;
    }
    return { bytes, count };
  }

  async #request(message: Message): Promise<void> {
    let isThere = false;
    try {
      await this.connection.call(`append ${this.topic}/${this.partition}`, () => {
        this.#arrive(message);
        isThere = true;
      });
    } catch (error) {
      if (error instanceof ConnectionLost && !isThere) this.#mayArriveLate(message);
      throw error;
    }
  }

  #arrive(message: Message): void {
    const topic = this.connection.broker.topic(this.topic);
    if (!(message.isInParts && message.hasArrived)) topic.append(this.partition, message.records);
    message.hasArrived = true;
  }

  #mayArriveLate(message: Message): void {
    const { broker } = this.connection;
    const { kernel, random, options } = broker;
    if (!random.chance(options.lateArrivals)) return;
    const arrive = () => {
      if (broker.has(this.topic)) this.#arrive(message);
    };
    kernel.schedule(kernel.servers, `late append ${this.topic}/${this.partition}`, arrive, random.below(LATE_MS));
  }
}
