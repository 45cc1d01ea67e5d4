import { ABANDONED_MS } from './part-times.js';

/** A message as far as putting parts together goes. */
export interface ArrivedPart {
  offset: number;
  /** By the broker's clock: the same order as the offsets. */
  timestampMs: number;
  value: Uint8Array;
  /** See `partHeaderOf`. */
  header: string | undefined;
}

interface Whole {
  first: number;
  /** The offset that completed it; undefined while parts are missing. */
  last: number | undefined;
  latestMs: number;
  parts: Uint8Array[];
}

/** A request that was given up may arrive this many wholes later. */
const REMEMBERED = 32;

/**
 * Puts parts together again. Several producers write one partition, so the parts of several wholes may be mixed.
 *
 * - **Repeats.** A request that is sent again repeats its part, mostly at once; one that was given up may arrive later still.
 *   Such repeats are passed over, also where nothing is known of their whole, as after a start behind it.
 * - **Beginnings.** Who begins to read at `resumeAt` misses none: it never lies between the first part of a whole and
 *   the completion of its records.
 * - **Dead producers.** A beginning without an end was never acknowledged. It holds `resumeAt` back until it is older than any
 *   living producer lets a whole become (`part-times.ts`).
 */
export class PartAssembler {
  readonly #wholes = new Map<string, Whole>();
  readonly #done = new Set<string>();

  /** The whole that this message completes, if it does; throws where a part is missing. */
  take({ offset, timestampMs, value, header }: ArrivedPart): Uint8Array | undefined {
    if (this.#wholes.size > 0) this.#abandon(timestampMs);
    if (header === undefined) return value;
    const [id = '', index, count] = header.split(' ');
    const at = Number(index);
    const whole = this.#wholes.get(id) ?? this.#begin(id, at, offset);
    if (whole === undefined || whole.last !== undefined || at < whole.parts.length) return undefined;
    if (at > whole.parts.length) throw new Error(`part ${at} of ${count} comes after ${whole.parts.length} parts`);
    whole.parts.push(value);
    whole.latestMs = timestampMs;
    if (whole.parts.length < Number(count)) return undefined;
    const { parts } = whole;
    whole.last = offset;
    whole.parts = [];
    return Buffer.concat(parts);
  }

  /** Where to begin again when everything below `completed` is completed. */
  resumeAt(completed: number): number {
    let resume = completed;
    for (const [id, { first, last }] of this.#wholes) {
      if (last !== undefined && last < completed) this.#forget(id);
      else if (first < resume) resume = first;
    }
    return resume;
  }

  #begin(id: string, at: number, first: number): Whole | undefined {
    if (at !== 0 || this.#done.has(id)) return undefined;
    const whole: Whole = { first, last: undefined, latestMs: 0, parts: [] };
    this.#wholes.set(id, whole);
    return whole;
  }

  #forget(id: string): void {
    this.#wholes.delete(id);
    this.#done.add(id);
    for (const oldest of this.#done) {
      if (this.#done.size <= REMEMBERED) break;
      this.#done.delete(oldest);
    }
  }

  #abandon(nowMs: number): void {
    for (const [id, { last, latestMs }] of this.#wholes) {
      if (last === undefined && nowMs - latestMs > ABANDONED_MS) this.#wholes.delete(id);
    }
  }
}
