import { EJSON } from 'bson';
import { entriesOf, hasMaps, recordOf } from './text/index.js';

/**
 * A document as canonical Extended JSON: every type is visible (`{"$numberInt":"1"}`), nothing is lost. For machines.
 * Where objects would move its fields, these stand in a `Map`: `jsonText` writes them in their order. What is canonical
 * already stays as it is, so that a document may pass through here at the server and again at the command line.
 */
export function canonical(document: unknown): unknown {
  return hasMaps(document) ? inOrder(document) : EJSON.serialize(document as object, { relaxed: false });
}

function inOrder(value: unknown): unknown {
  if (!hasMaps(value)) return canonicalValue(value);
  if (Array.isArray(value)) return value.map(inOrder);
  return recordOf(entriesOf(value as object).map(([name, field]) => [name, inOrder(field)]));
}

/** As `canonical`, for a record that has plain JSON values too (counts, texts): these stay as they are. */
export function withBsonValues(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return typeof value === 'bigint' ? canonicalValue(value) : value;
  if ('_bsontype' in value || value instanceof Date || value instanceof Uint8Array) return canonicalValue(value);
  if (Array.isArray(value)) return value.map(withBsonValues);
  return recordOf(entriesOf(value).map(([name, field]) => [name, withBsonValues(field)]));
}

function canonicalValue(value: unknown): unknown {
  return (EJSON.serialize({ value }, { relaxed: false }) as { value: unknown }).value;
}
