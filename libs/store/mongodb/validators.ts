import { BSON, type Db, type Document } from 'mongodb';
import type { CollectionRef, Doc, DocumentRefused } from '../store.js';
import { validationRefusal } from './refusal.js';
import { decidingFields, withFields } from './validated-fields.js';

/** Of documents of one command, which is a document itself, of 16 MB at most; some may be larger than those that were measured. */
const PART_BYTES = 4 * 2 ** 20;
const ONE_MEASURED_OF = 16;

interface Validator {
  rule: Document;
  collation: Document | undefined;
}

/**
 * Asks the server beforehand which documents a collection's validator refuses, by matching what it looks at of them against it, as
 * values. As the validator is now: it is looked up each time. `$literal`: what a document holds is no expression.
 */
export async function refusedByValidator(
  database: Db,
  collection: CollectionRef,
  documents: readonly Doc[],
): Promise<DocumentRefused[]> {
  const validator = await validatorOf(database, collection.name);
  if (validator === undefined) return [];
  const { rule, collation } = validator;
  const options = { promoteValues: false, ...(collation && { collation }) };
  const ids = new Set<string>();
  for (const part of inParts(withFields(documents, decidingFields(rule)))) {
    const stages = [{ $documents: { $literal: part } }, { $match: { $nor: [rule] } }, { $project: { _id: 1 } }];
    for (const { _id } of await database.aggregate(stages, options as never).toArray()) ids.add(identity(_id));
  }
  if (ids.size === 0) return [];
  return documents.flatMap(({ _id }, place) => (ids.has(identity(_id)) ? [validationRefusal(collection, place)] : []));
}

/** One that refuses whatever it does not match: not one that only warns, nor one that lets be what was wrong before. */
async function validatorOf(database: Db, name: string): Promise<Validator | undefined> {
  const [found] = await database.listCollections({ name }, { nameOnly: false }).toArray();
  const { options = {} } = (found ?? {}) as { options?: Document };
  const { validator, validationAction = 'error', validationLevel = 'strict', collation } = options;
  if (validator === undefined || validationAction !== 'error' || validationLevel !== 'strict') return undefined;
  return { rule: validator, collation };
}

/** By the largest of some: measuring each one costs as much as writing it. A command that is too large all the same tells nothing. */
function* inParts(documents: readonly Doc[]): Generator<readonly Doc[]> {
  let largest = 1;
  for (let i = 0; i < documents.length; i += ONE_MEASURED_OF)
    largest = Math.max(largest, BSON.calculateObjectSize(documents[i] as Doc));
  const most = Math.max(1, Math.floor(PART_BYTES / largest));
  for (let i = 0; i < documents.length; i += most) yield documents.slice(i, i + most);
}

const identity = (id: unknown): string => Buffer.from(BSON.serialize({ id })).toString('latin1');
