import { Decimal128, Double, Int32, Long, ObjectId } from 'bson';
import { object, type Words } from './oracle.js';

/** A document of the simulated MongoDB, as the oracle writes them. What the model does not have shows as what it is. */
export function inWords(value: unknown): Words {
  if (value === null) return 'null';
  if (typeof value === 'string') return JSON.stringify(value);
  // What the driver makes an int32 of.
  if (Number.isInteger(value)) return `i${value}`;
  if (value instanceof Int32) return `i${value.value}`;
  if (value instanceof Long) return `l${value.toString()}`;
  if (value instanceof Double) return `f${value.value}`;
  if (value instanceof Decimal128) return `d${value.toString()}`;
  if (value instanceof ObjectId) return `o${value.toHexString()}`;
  if (value instanceof Map) return object([...value].map(([name, each]) => [String(name), inWords(each)]));
  if (Array.isArray(value)) return `[${value.map(inWords).join(',')}]`;
  if (typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype)
    return object(Object.entries(value).map(([name, each]) => [name, inWords(each)]));
  return `${typeof value} ${String(value)}`;
}
