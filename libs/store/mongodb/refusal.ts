import { calculateObjectSize, serialize } from 'bson';
import { MongoError } from 'mongodb';
import { type CollectionRef, type Doc, DocumentRefused } from '../store.js';
import type { Databases } from './databases.js';
import { CODE, codeOf } from './failures.js';

/** One entry of `writeErrors`, as far as it is structured. */
export interface WriteErrorReply {
  index: number;
  code: number;
  keyPattern?: Record<string, unknown>;
}

/** Documents of one command: `start` is the position of the first one in the whole call. */
export interface SentDocs {
  docs: readonly Doc[];
  start: number;
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
const MAX_BSON_BYTES = 16 * 1024 * 1024;

/** Makes the refusal of the document that a reply names, in words without values of documents. */
export async function refusal(
  databases: Databases,
  collection: CollectionRef,
  error: WriteErrorReply,
  { docs, start }: SentDocs,
): Promise<DocumentRefused> {
  const doc = docs[error.index];
  // Inserting a document that is too large is answered by BadValue, which means many things.
  const kind = KINDS[error.code] ?? (doc && isTooLarge(doc) ? 'tooLarge' : 'other');
  const index = kind === 'duplicate' ? await indexName(databases, collection, error.keyPattern) : undefined;
  const message = `${collection.name}: ${WORDS[kind]}${index ? ` (index ${index})` : ''} [${error.code}]`;
  return new DocumentRefused(kind, collection, start + error.index, message, index);
}

/** As the server would answer when the document at this place is written. */
export function validationRefusal(collection: CollectionRef, place: number): DocumentRefused {
  const message = `${collection.name}: ${WORDS.validation} [${CODE.documentValidationFailure}]`;
  return new DocumentRefused('validation', collection, place, message);
}

/** The refusal behind an error of a whole command, where it is one of a document; undefined otherwise. */
export function commandRefusal(
  collection: CollectionRef,
  error: unknown,
  { docs, start }: SentDocs,
): DocumentRefused | undefined {
  const code = codeOf(error);
  if (code !== undefined && OF_A_DOCUMENT.has(code)) {
    const at = docs.length === 1 ? 0 : docs.findIndex(isTooLarge);
    const kind = KINDS[code] ?? 'other';
    const message = `${collection.name}: ${WORDS[kind]} [${code}]`;
    return new DocumentRefused(kind, collection, at < 0 ? undefined : start + at, message);
  }
  if (error instanceof MongoError) return undefined;
  // What does not fit the driver's buffer is refused there, while serializing it alone may cut it short without a word.
  const at = docs.findIndex((doc) => isTooLarge(doc) || !isSerializable(doc));
  if (at < 0) return undefined;
  const kind = isTooLarge(docs[at] as Doc) ? 'tooLarge' : 'other';
  return new DocumentRefused(kind, collection, start + at, `${collection.name}: it cannot be written as BSON`);
}

function isTooLarge(doc: Doc): boolean {
  try {
    return calculateObjectSize(doc) > MAX_BSON_BYTES;
  } catch {
    return false;
  }
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
  if (key === '_id:1') return '_id_';
  try {
    const indexes = await databases.collection(collection).listIndexes().toArray();
    const found = indexes.find((index) => signature(index.key as Record<string, unknown>) === key);
    if (found) return found.name as string;
  } catch {
    // The refusal matters more than the index's own name.
  }
  return key.replaceAll(',', '_').replaceAll(':', '_');
}

function signature(key: Record<string, unknown>): string {
  return Object.entries(key)
    .map(([field, direction]) => `${field}:${String(direction)}`)
    .join();
}
