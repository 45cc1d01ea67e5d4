import type { Document } from 'mongodb';
import type { Doc } from '../store.js';

type Fields = ReadonlySet<string> | undefined;
type Read = (value: never) => Fields;

const NONE: Fields = new Set<string>();
const names: Read = (value: readonly string[]) => new Set(value);
const inEach =
  (of: (rule: Document) => Fields): Read =>
  (rules: readonly Document[]) =>
    union(rules.map(of));

/** Operators of queries that hold rules of their own, or none. All others may look at anything. */
const OPERATORS: Readonly<Record<string, Read>> = {
  $and: inEach(decidingFields),
  $or: inEach(decidingFields),
  $nor: inEach(decidingFields),
  $comment: () => NONE,
  $jsonSchema: schemaFields,
};

/** Of a schema for the document itself, which is an object anyway. What is not here may look at any field. */
const KEYWORDS: Readonly<Record<string, Read>> = {
  bsonType: () => NONE,
  type: () => NONE,
  title: () => NONE,
  description: () => NONE,
  required: names,
  properties: (value: Document) => new Set(Object.keys(value)),
  allOf: inEach(schemaFields),
  anyOf: inEach(schemaFields),
  oneOf: inEach(schemaFields),
  not: schemaFields,
};

/**
 * The top-level fields that a validator looks at, so that nothing else of a document need be sent to be asked about. Undefined
 * where it may look at any: with `$expr`, with `additionalProperties`, with what is not known here.
 */
export function decidingFields(rule: Document): Fields {
  return union(
    Object.entries(rule).map(([key, value]) => {
      if (key.startsWith('$')) return OPERATORS[key]?.(value as never);
      return new Set([key.split('.', 1)[0] as string]);
    }),
  );
}

function schemaFields(schema: Document): Fields {
  return union(Object.entries(schema).map(([keyword, value]) => KEYWORDS[keyword]?.(value as never)));
}

/** Each document with those fields alone, and its `_id`. */
export function withFields(documents: readonly Doc[], fields: Fields): readonly Doc[] {
  if (fields === undefined) return documents;
  return documents.map((document) => {
    const less: Doc = { _id: document._id };
    for (const field of fields) if (Object.hasOwn(document, field)) less[field] = document[field];
    return less;
  });
}

function union(all: readonly Fields[]): Fields {
  const fields = new Set<string>();
  for (const each of all) {
    if (each === undefined) return undefined;
    for (const field of each) fields.add(field);
  }
  return fields;
}
