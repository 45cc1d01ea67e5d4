const LANES = 3;
const MAX_BUCKETS = 1 << 20;
const MIN_BUCKETS = 1 << 10;

/**
 * Two multisets of `_id`s compared in memory that does not grow with them: each falls into a bucket by its hash; a bucket
 * keeps the count and two sums of independent hashes of what was added less what was taken. Where the multisets are
 * equal, all are zero. Where one `_id` is only on one side its bucket is not: other `_id`s would have to make up for it in
 * count and in 64 bits of sums. A bucket that is not zero says nothing of its `_id`s but that each must be looked at.
 */
export class IdSums {
  readonly #mask: number;
  readonly #lanes: Int32Array;

  constructor(expectedIds: number) {
    let buckets = MIN_BUCKETS;
    while (buckets < expectedIds && buckets < MAX_BUCKETS) buckets *= 2;
    this.#mask = buckets - 1;
    this.#lanes = new Int32Array(buckets * LANES);
  }

  add(id: string): void {
    this.#count(id, 1);
  }

  take(id: string): void {
    this.#count(id, -1);
  }

  get balanced(): boolean {
    return this.#lanes.every((sum) => sum === 0);
  }

  /** Whether the bucket of this `_id` is not zero. */
  suspects(id: string): boolean {
    const at = (hash(id, SEEDS[0]) & this.#mask) * LANES;
    return this.#lanes[at] !== 0 || this.#lanes[at + 1] !== 0 || this.#lanes[at + 2] !== 0;
  }

  #count(id: string, sign: 1 | -1): void {
    const lanes = this.#lanes;
    const at = (hash(id, SEEDS[0]) & this.#mask) * LANES;
    lanes[at] = (lanes[at] as number) + sign;
    lanes[at + 1] = (lanes[at + 1] as number) + sign * hash(id, SEEDS[1]);
    lanes[at + 2] = (lanes[at + 2] as number) + sign * hash(id, SEEDS[2]);
  }
}

const { imul } = Math;
const SEEDS = [0x811c9dc5, 0x2f0b4a27, 0x5bd1e995] as const;

/** FNV-1a over UTF-16 units, then mixed (murmur3's finalizer), so that neighbours fall far apart. */
function hash(text: string, seed: number): number {
  let h = seed;
  for (let i = 0; i < text.length; i++) {
    h ^= text.charCodeAt(i);
    h = imul(h, 0x01000193);
    h ^= h >>> 15;
  }
  h ^= h >>> 16;
  h = imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}
