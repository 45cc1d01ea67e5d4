import type { Db } from 'mongodb';
import { waitFor } from '#testing';

interface Versioned {
  id?: number;
  no?: number;
  born?: bigint;
  v?: bigint;
}

/** Reads documents over and over; whatever went back to an older version is in `backwards`. */
export class MonotonyReader {
  readonly backwards: string[] = [];
  reads = 0;
  private readonly seen = new Map<string, bigint>();
  private readonly lives = new Map<string, { now: bigint; ended: Set<bigint> }>();
  private stopped = false;
  private reading: Promise<void> = Promise.resolve();

  constructor(
    private readonly db: Db,
    private readonly collections: readonly string[],
  ) {}

  start(): void {
    this.reading = waitFor(
      async () => {
        for (const collection of this.collections) await this.read(collection);
        this.reads++;
        return this.stopped;
      },
      { timeoutMs: 600_000, everyMs: 30 },
    ).then(() => undefined);
    this.reading.catch(() => undefined);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.reading;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stopped = true;
    await this.reading.catch(() => undefined);
  }

  private async read(collection: string): Promise<void> {
    for await (const document of this.db.collection(collection).find({}, { useBigInt64: true })) {
      this.root(`${collection} ${document['_id']}`, document as Versioned);
      this.look(`${collection} ${document['_id']}#${document['born']}`, document);
    }
  }

  /** A life that has ended, by delete or by another row's taking the key, never comes back. */
  private root(name: string, { born }: Versioned): void {
    if (born === undefined) return;
    const life = this.lives.get(name);
    if (life === undefined) this.lives.set(name, { now: born, ended: new Set() });
    else if (life.now !== born) {
      if (life.ended.has(born)) this.backwards.push(`${name}: born ${life.now}, then ${born} again`);
      life.ended.add(life.now);
      life.now = born;
    }
  }

  /** Every row in the document has its version; in this document's life it only grows. */
  private look(path: string, value: object): void {
    const { id, no, born, v } = value as Versioned;
    const here = id === undefined && no === undefined ? path : `${path}/${id ?? no}#${born}`;
    if (v !== undefined) {
      const before = this.seen.get(here);
      if (before !== undefined && before > v) this.backwards.push(`${here}: ${before}, then ${v}`);
      this.seen.set(here, v);
    }
    for (const [name, field] of Object.entries(value)) {
      if (Array.isArray(field)) {
        for (const item of field)
          if (item !== null && typeof item === 'object') this.look(`${here}.${name}`, item as object);
      } else if (field !== null && typeof field === 'object') this.look(`${here}.${name}`, field as object);
    }
  }
}
