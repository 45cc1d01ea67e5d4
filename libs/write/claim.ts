import type { Binary, Decimal128, Double, Int32, Long, ObjectId } from 'bson';
import type { Doc } from '#store';

/** Which root owns an `_id` of a collection, where `_id` is not the root key itself. */
export interface Claim extends Doc {
  _id: string;
  /** `<collection>:<root key>`: to find what a root owns. */
  owner: string;
  root: string;
  /** The `_id` as it was written: an equal one of another representation (1.0, 1.00) takes a delete and an insert. */
  id: unknown;
  /**
   * Counts the transactions that rely on this claim, by keeping it as well as by waiting for it: each writes it, so any two
   * of them conflict. Reading alone would not do, nor would the document, since a replace by an equal one is no write.
   */
  n: number;
}

export function ownerOf(collection: number, root: string): string {
  return `${collection}:${root}`;
}

/** Equal exactly where MongoDB says that two `_id`s are equal: numbers by value whatever their type. */
export function claimId(collection: number, id: unknown): string {
  return `${collection}:${canonicalId(id)}`;
}

function canonicalId(id: unknown): string {
  if (id === null || id === undefined) return 'null';
  if (typeof id === 'string') return `s${JSON.stringify(id)}`;
  if (typeof id === 'boolean') return id ? 'true' : 'false';
  if (id instanceof Date) return `d${id.getTime()}`;
  const type = bsonTypeOf(id);
  if (type === 'ObjectId') return `o${(id as ObjectId).toHexString()}`;
  if (type === 'Binary') return `b${(id as Binary).sub_type}:${(id as Binary).toString('hex')}`;
  if (id instanceof Uint8Array) return `b0:${Buffer.from(id).toString('hex')}`;
  const number = numberText(id, type);
  if (number !== undefined) return `n${number}`;
  const entries = id instanceof Map ? [...id.entries()] : Object.entries(id as Record<string, unknown>);
  return `{${entries.map(([name, value]) => `${JSON.stringify(name)}:${canonicalId(value)}`).join(',')}}`;
}

/** Not by `instanceof`: values that the driver has read are of its own copy of the BSON classes. */
function bsonTypeOf(id: unknown): string | undefined {
  return typeof id === 'object' ? (id as { _bsontype?: string })._bsontype : undefined;
}

function numberText(id: unknown, type: string | undefined): string | undefined {
  if (typeof id === 'bigint') return id.toString();
  if (type === 'Long') return (id as Long).toString();
  if (type === 'Int32') return String((id as Int32).value);
  if (type === 'Decimal128') return plainDecimal((id as Decimal128).toString());
  const value = type === 'Double' ? (id as Double).value : id;
  if (typeof value !== 'number') return undefined;
  if (Number.isInteger(value)) return BigInt(value).toString();
  return Number.isFinite(value) ? exactDecimal(value) : String(value);
}

/** A double's exact value, as MongoDB compares it with a decimal128: 0.1 as a double is not 0.1 as a decimal. */
function exactDecimal(value: number): string {
  return plainDecimal(value.toPrecision(100));
}

function plainDecimal(text: string): string {
  const match = /^(-?)(\d+)(?:\.(\d*))?(?:E([+-]?\d+))?$/i.exec(text);
  if (match === null) return text;
  const [, sign, whole = '', fraction = '', exponent] = match;
  const point = whole.length + Number(exponent ?? 0);
  const digits = whole + fraction;
  const left =
    point <= 0
      ? '0'
      : digits
          .slice(0, point)
          .padEnd(point, '0')
          .replace(/^0+(?=\d)/, '');
  const right = (point <= 0 ? '0'.repeat(-point) + digits : digits.slice(point)).replace(/0+$/, '');
  const magnitude = right === '' ? left : `${left}.${right}`;
  return magnitude === '0' ? '0' : `${sign}${magnitude}`;
}
