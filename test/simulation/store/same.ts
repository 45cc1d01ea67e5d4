import { Binary, Decimal128, Double, Long } from 'bson';
import { compareValues } from './order.js';
import { fieldsOf, isDocument, type Stored } from './stored.js';

const { keys, is } = Object;

/** Whether two kept values have the same bytes as BSON: MongoDB writes nothing where a document stays as it is. */
export function isSame(a: unknown, b: unknown): boolean {
  if (is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((value, i) => isSame(value, b[i]));
  if (isDocument(a)) return isDocument(b) && haveSameFields(a, b);
  if (a instanceof Double) return b instanceof Double && is(a.value, b.value);
  if (a instanceof Decimal128) return b instanceof Decimal128 && Buffer.compare(a.bytes, b.bytes) === 0;
  const isOfOneType = Object.getPrototypeOf(a) === Object.getPrototypeOf(b);
  if (a instanceof Date || a instanceof Long || a instanceof Binary) return isOfOneType && compareValues(a, b) === 0;
  return isOfOneType && !isDocument(b) && JSON.stringify(a) === JSON.stringify(b);
}

function haveSameFields(a: Stored, b: Stored): boolean {
  if (!isOrdered(a) && !isOrdered(b)) {
    const names = keys(a);
    const others = keys(b);
    return names.length === others.length && names.every((name, i) => name === others[i] && isSame(a[name], b[name]));
  }
  const others = [...fieldsOf(b)];
  let i = 0;
  for (const [name, value] of fieldsOf(a)) {
    const other = others[i++];
    if (other === undefined || other[0] !== name || !isSame(value, other[1])) return false;
  }
  return i === others.length;
}

const isOrdered = (doc: Stored): doc is Map<string, unknown> => doc instanceof Map;
