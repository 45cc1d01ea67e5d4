import { Long } from 'bson';
import type { Db, Document } from 'mongodb';
import type { ReadOptions } from '../store.js';
import { codeOf } from './failures.js';

/** As many as fit into one answer (16 MB): one round trip in the usual case. */
const BATCH_SIZE = 1_000_000;
const CURSOR_NOT_FOUND = 43;

const PROMOTED = { enableUtf8Validation: false } as const;
const EXACT = { promoteValues: false, promoteLongs: false, bsonRegExp: true, enableUtf8Validation: false } as const;
/** Each document of the answer's batch as its bytes. */
const RAW = { ...EXACT, fieldsAsRaw: { firstBatch: true, nextBatch: true } } as const;

export interface Query {
  collection: string;
  filter: Document;
  sort?: Document;
  skip?: number;
  limit?: number;
  options: ReadOptions;
}

/**
 * All documents of a query. It is sent as a plain command: the answer is decoded in one go, for half of what the driver's
 * cursor takes per document. What does not fit into one answer is fetched by `getMore`, which must reach the server that
 * has the cursor: the primary, or the mongos that a transaction is pinned to. Outside of a transaction another mongos may
 * be asked; it answers that it knows no such cursor, and then the driver's own cursor reads everything again.
 */
export async function findAll<D>(db: Db, query: Query, call: Document, readConcern?: Document): Promise<D[]> {
  const decode = query.options.raw ? RAW : query.options.exact ? EXACT : PROMOTED;
  const { cursor } = await db.command(
    { ...findCommand(query), ...(readConcern && { readConcern }) },
    { ...call, ...decode },
  );
  const documents: D[] = cursor.firstBatch;
  if (isExhausted(cursor)) return documents;
  try {
    return documents.concat(await getMore<D>(db, query.collection, cursor, { ...call, ...decode }));
  } catch (error) {
    if (codeOf(error) !== CURSOR_NOT_FOUND || !readConcern) throw error;
    return findByCursor(db, query, { ...call, ...decode, raw: query.options.raw === true, readConcern });
  }
}

async function getMore<D>(db: Db, collection: string, first: Document, call: Document): Promise<D[]> {
  let documents: D[] = [];
  let cursor = first;
  while (!isExhausted(cursor)) {
    const id = typeof cursor.id === 'number' ? Long.fromNumber(cursor.id) : cursor.id;
    cursor = (await db.command({ getMore: id, collection, batchSize: BATCH_SIZE }, call)).cursor as Document;
    documents = documents.concat(cursor.nextBatch as D[]);
  }
  return documents;
}

async function findByCursor<D>(db: Db, query: Query, call: Document): Promise<D[]> {
  const { filter, sort, skip, limit, projection } = findCommand(query);
  const options = {
    ...(sort && { sort }),
    ...(skip && { skip }),
    ...(limit && { limit }),
    ...(projection && { projection }),
  };
  return (await db
    .collection(query.collection)
    .find(filter, { ...options, ...call })
    .toArray()) as D[];
}

function findCommand({ collection, filter, sort, skip, limit, options }: Query): Document {
  const command: Document = { find: collection, filter };
  if (sort) command.sort = sort;
  if (options.fields) command.projection = projectionOf(options.fields);
  if (skip !== undefined) command.skip = skip;
  if (limit !== undefined) command.limit = limit;
  command.batchSize = BATCH_SIZE;
  return command;
}

/** No field at all asks for the `_id` alone; MongoDB takes an empty projection for all fields. */
function projectionOf(fields: readonly string[]): Document {
  const projection: Document = { _id: 1 };
  for (const field of fields) projection[field] = 1;
  return projection;
}

function isExhausted(cursor: Document): boolean {
  return String(cursor.id) === '0';
}
