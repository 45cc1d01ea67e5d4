import type { Document } from 'mongodb';
import type { CollectionRef, Patch } from '../store.js';
import { equal } from './mongo-reader.js';

/** The one command that a patch is: it finds, changes and returns atomically. */
export function patchCommand(collection: CollectionRef, id: unknown, patch: Patch): Document {
  return {
    findAndModify: collection.name,
    query: patchFilter(id, patch),
    update: patchUpdate(patch),
    new: true,
  };
}

/** The fence as it was, its counter moved and what is to be raised raised: one round trip at the head of a transaction. */
export function fenceCommand(
  collection: CollectionRef,
  id: string,
  raise: Record<string, string> | undefined,
): Document {
  const update: Document = { $inc: { n: 1 } };
  if (raise !== undefined) update.$max = raise;
  return { findAndModify: collection.name, query: { _id: equal(id) }, update, new: false };
}

export function patchFilter(id: unknown, patch: Patch): Document {
  const query: Document = { _id: equal(id) };
  for (const [field, value] of Object.entries(patch.where ?? {})) query[field] = { $eq: value };
  return query;
}

export function patchUpdate(patch: Patch): Document {
  const update: Document = { $set: patch.set ?? {} };
  if (patch.unset) update.$unset = Object.fromEntries(patch.unset.map((field) => [field, '']));
  if (patch.inc) update.$inc = patch.inc;
  if (patch.push) update.$push = mapValues(patch.push, (values) => ({ $each: values }));
  if (patch.pull) update.$pull = mapValues(patch.pull, ({ key, values }) => ({ [key]: { $in: values } }));
  return update;
}

function mapValues<T>(fields: Record<string, T>, map: (value: T) => unknown): Document {
  return Object.fromEntries(Object.entries(fields).map(([field, value]) => [field, map(value)]));
}
