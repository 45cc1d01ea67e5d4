import type { Binary, Decimal128, Double, Long, ObjectId } from 'bson';

/**
 * A value as documents hold it, its BSON type certain: an integral JS number is an int32 and nothing else; doubles are
 * always `Double`, int64 always `Long` (what exact reads give back, and cheaper than bigint), dates are `Date`.
 */
export type BsonValue =
  | string
  | number
  | boolean
  | null
  | Long
  | Double
  | Decimal128
  | Date
  | Binary
  | ObjectId
  | BsonValue[]
  | BsonDocument;

/** A `Map` where a plain object could not keep the order of its fields, or js-bson would misread it. */
export type BsonDocument = { [field: string]: BsonValue } | Map<string, BsonValue>;

const ARRAY_INDEX = /^(?:0|[1-9]\d{0,9})$/;

/**
 * Whether a plain object cannot carry this field name: array indexes are moved to the front, `__proto__` is not a field,
 * and js-bson takes an object with `_bsontype` or `toBSON` for something else. js-bson writes a `Map` as a document.
 */
export function needsMap(name: string): boolean {
  const first = name.charCodeAt(0);
  if (first >= 48 && first <= 57) return ARRAY_INDEX.test(name);
  return name === '__proto__' || name === '_bsontype' || name === 'toBSON';
}
