import { BSONError, serialize } from 'bson';
import { type CollectionRef, type Doc, DocumentRefused } from '../store.js';
import type { Databases } from './databases.js';
import { CODE, codeOf } from './failures.js';

/** One entry of `writeErrors`, as far as it is structured. */
export interface WriteErrorReply {
  index: number;
  code: number;
  keyPattern?: Record<string, unknown>;
}

const KINDS: Record<number, DocumentRefused['kind']> = {
  [CODE.duplicateKey]: 'duplicate',
  [CODE.documentValidationFailure]: 'validation',
  [CODE.bsonTooLarge]: 'tooLarge',
  17280: 'tooLarge',
  17419: 'tooLarge',
  17420: 'tooLarge',
};
const WORDS: Record<DocumentRefused['kind'], string> = {
  duplicate: 'a unique index has its value already',
  validation: 'the collection’s validation refuses it',
  tooLarge: 'it is larger than MongoDB’s 16 MiB',
  other: 'MongoDB refuses it',
};
/** Answers to a whole command that come from one document in it. */
const OF_A_DOCUMENT = new Set<number>([CODE.overflow, CODE.invalidBson, CODE.bsonTooLarge, 17280, 17419, 17420]);

/** Makes the refusal of the document that a reply names, in words without values of documents. */
export async function refusal(
  databases: Databases,
  collection: CollectionRef,
  error: WriteErrorReply,
  start: number,
): Promise<DocumentRefused> {
  const kind = KINDS[error.code] ?? 'other';
  const index = kind === 'duplicate' ? await indexName(databases, collection, error.keyPattern) : undefined;
  const message = `${collection.name}: ${WORDS[kind]}${index ? ` (index ${index})` : ''} [${error.code}]`;
  return new DocumentRefused(kind, collection, start + error.index, message, index);
}

/** The refusal behind an error of a whole command, where it is one of a document; undefined otherwise. */
export function commandRefusal(
  collection: CollectionRef,
  error: unknown,
  docs: readonly Doc[],
  start: number,
): DocumentRefused | undefined {
  const code = codeOf(error);
  if (code !== undefined && OF_A_DOCUMENT.has(code)) {
    const kind = KINDS[code] ?? 'other';
    const index = docs.length === 1 ? start : undefined;
    return new DocumentRefused(kind, collection, index, `${collection.name}: ${WORDS[kind]} [${code}]`);
  }
  if (error instanceof BSONError || error instanceof RangeError || error instanceof TypeError) {
    const at = docs.findIndex((doc) => !isSerializable(doc));
    const kind = error instanceof RangeError ? 'tooLarge' : 'other';
    const message = `${collection.name}: it cannot be written as BSON (${error.name})`;
    return new DocumentRefused(kind, collection, at < 0 ? undefined : start + at, message);
  }
  return undefined;
}

function isSerializable(doc: Doc): boolean {
  try {
    return serialize(doc).length > 0;
  } catch {
    return false;
  }
}

/** By the key pattern, which the server says; the name comes from the list of indexes, else is MongoDB's default for it. */
async function indexName(
  databases: Databases,
  collection: CollectionRef,
  keyPattern: Record<string, unknown> | undefined,
): Promise<string | undefined> {
  if (!keyPattern) return undefined;
  const key = signature(keyPattern);
  try {
    const indexes = await databases.collection(collection).listIndexes().toArray();
    const found = indexes.find((index) => signature(index.key as Record<string, unknown>) === key);
    if (found) return found.name as string;
  } catch {
    // The refusal matters more than the index's own name.
  }
  return key === '_id:1' ? '_id_' : key.replaceAll(',', '_').replaceAll(':', '_');
}

function signature(key: Record<string, unknown>): string {
  return Object.entries(key).map(([field, direction]) => `${field}:${String(direction)}`).join();
}
