import { Binary, Decimal128, Double, Int32, Long, ObjectId } from 'bson';
import type { Doc } from '#store';

/** Which root owns an `_id` of a collection, where `_id` is not the root key itself. */
export interface Claim extends Doc {
  _id: string;
  /** `<collection>:<root key>`: to find what a root owns. */
  owner: string;
  root: string;
  /** The `_id` as it was written: an equal one of another representation (1.0, 1.00) takes a delete and an insert. */
  id: unknown;
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
  if (id instanceof ObjectId) return `o${id.toHexString()}`;
  if (id instanceof Binary) return `b${id.sub_type}:${id.toString('hex')}`;
  if (id instanceof Uint8Array) return `b0:${Buffer.from(id).toString('hex')}`;
  const number = numberText(id);
  if (number !== undefined) return `n${number}`;
  const entries = id instanceof Map ? [...id.entries()] : Object.entries(id as Record<string, unknown>);
  return `{${entries.map(([name, value]) => `${JSON.stringify(name)}:${canonicalId(value)}`).join(',')}}`;
}

function numberText(id: unknown): string | undefined {
  if (typeof id === 'bigint') return id.toString();
  if (id instanceof Long) return id.toString();
  if (id instanceof Int32) return String(id.value);
  if (id instanceof Decimal128) return plainDecimal(id.toString());
  const value = id instanceof Double ? id.value : id;
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
  const left = point <= 0 ? '0' : digits.slice(0, point).padEnd(point, '0').replace(/^0+(?=\d)/, '');
  const right = (point <= 0 ? '0'.repeat(-point) + digits : digits.slice(point)).replace(/0+$/, '');
  const magnitude = right === '' ? left : `${left}.${right}`;
  return magnitude === '0' ? '0' : `${sign}${magnitude}`;
}
