import type { Doc } from '../store.js';

/** A command stays below MongoDB's 16 MiB with room for its envelope; documents are sized from above, see `sizeBound`. */
const COMMAND_MAX_BYTES = 12 * 1024 * 1024;
const COMMAND_MAX_OPS = 50_000;

export interface Chunk<T> {
  items: readonly T[];
  /** Position of the first item in the whole. */
  start: number;
  /** At most. */
  bytes: number;
}

/** Cuts into commands of bounded bytes and count; a single document larger than the bound goes alone. */
export function* chunksOf<T>(items: readonly T[], sizeOf: (item: T) => number): Generator<Chunk<T>> {
  let start = 0;
  let bytes = 0;
  for (let i = 0; i < items.length; i++) {
    const size = sizeOf(items[i] as T);
    if (i > start && (bytes + size > COMMAND_MAX_BYTES || i - start >= COMMAND_MAX_OPS)) {
      yield { items: items.slice(start, i), start, bytes };
      start = i;
      bytes = 0;
    }
    bytes += size;
  }
  if (start < items.length) yield { items: start === 0 ? items : items.slice(start), start, bytes };
}

export function docSize(doc: Doc): number {
  return sizeBound(doc);
}

const PER_FIELD = 16;
const PER_VALUE = 40;

/**
 * An upper bound of a value's size as BSON, many times cheaper than serializing it: a UTF-16 unit takes three bytes at
 * most. It only decides where a bulk is cut, so too high is fine.
 */
function sizeBound(value: unknown): number {
  if (typeof value === 'string') return 3 * value.length + PER_FIELD;
  if (typeof value !== 'object' || value === null) return PER_FIELD;
  if (value instanceof Uint8Array) return value.length + PER_VALUE;
  let size = PER_VALUE;
  if (Array.isArray(value)) {
    for (const element of value) size += PER_FIELD + sizeBound(element);
    return size;
  }
  if ('_bsontype' in value) return size + binaryLength(value);
  for (const key in value) size += 3 * key.length + sizeBound((value as Record<string, unknown>)[key]);
  return size;
}

function binaryLength(value: object): number {
  const { buffer } = value as { buffer?: unknown };
  return buffer instanceof Uint8Array ? buffer.length : 0;
}
