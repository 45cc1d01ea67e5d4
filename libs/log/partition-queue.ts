import type { LogRecord } from './log.js';

/** One append: its records stay together until every group has completed them. */
interface Segment {
  records: readonly LogRecord[];
  resolve(): void;
  reject(error: unknown): void;
}

/** A place between two records: the number of the segment, and the index in it. */
export interface Cursor {
  segment: number;
  index: number;
}

const COMPACT_ABOVE = 1024;

function ignore(): void {}

/**
 * The records of one partition, kept append by append: no copy and one promise per append, however many records it has.
 * Segments are numbered from 0; those below `#first` are released.
 */
export class PartitionQueue {
  #segments: (Segment | undefined)[] = [];
  /** Index in `#segments` of the oldest one that is kept, and its number. */
  #head = 0;
  #first = 0;
  /** Of all appends ever. */
  appendedBytes = 0;
  #last: Promise<void> = Promise.resolve();

  /** A rejection is not an unhandled one: pipelining producers look at their promises later, and `failed` reports it. */
  append(records: readonly LogRecord[]): Promise<void> {
    for (const record of records) this.appendedBytes += record.bytes;
    const appended = new Promise<void>((resolve, reject) => this.#segments.push({ records, resolve, reject }));
    appended.catch(ignore);
    this.#last = appended;
    return appended;
  }

  /** Resolves when everything that was appended before is released; rejects where the newest of it was rejected. */
  released(): Promise<void> {
    return this.#last;
  }

  oldest(): Cursor {
    return { segment: this.#first, index: 0 };
  }

  hasMore(cursor: Cursor): boolean {
    return cursor.segment < this.#first + this.#segments.length - this.#head;
  }

  /** Appends at and above the cursor. */
  waiting(cursor: Cursor): number {
    return this.#first + this.#segments.length - this.#head - cursor.segment;
  }

  /** The next records at the cursor, one at least, which moves behind them. To be called only where `hasMore`. */
  take(cursor: Cursor, maxRecords: number, maxBytes: number): readonly LogRecord[] {
    const whole = this.#at(cursor.segment);
    const taken: LogRecord[] = [];
    let bytes = 0;
    while (this.hasMore(cursor)) {
      const { records } = this.#at(cursor.segment);
      let index = cursor.index;
      for (; index < records.length; index++) {
        const record = records[index] as LogRecord;
        if (taken.length > 0 && (taken.length >= maxRecords || bytes + record.bytes > maxBytes)) break;
        bytes += record.bytes;
        taken.push(record);
      }
      if (index < records.length) {
        cursor.index = index;
        break;
      }
      cursor.segment++;
      cursor.index = 0;
    }
    return taken.length === whole.records.length && taken[0] === whole.records[0] ? whole.records : taken;
  }

  /** Resolves the appends below the cursor, which all groups have completed. */
  release(upTo: Cursor): void {
    while (this.#first < upTo.segment) {
      const segment = this.#segments[this.#head] as Segment;
      this.#segments[this.#head] = undefined;
      this.#head++;
      this.#first++;
      segment.resolve();
    }
    if (this.#head > COMPACT_ABOVE && this.#head * 2 > this.#segments.length) {
      this.#segments = this.#segments.slice(this.#head);
      this.#head = 0;
    }
  }

  reject(error: unknown): void {
    const segments = this.#segments.slice(this.#head);
    this.#first += segments.length;
    this.#segments = [];
    this.#head = 0;
    for (const segment of segments) segment?.reject(error);
  }

  #at(number: number): Segment {
    return this.#segments[this.#head + number - this.#first] as Segment;
  }
}
