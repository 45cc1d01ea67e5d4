import { Binary, calculateObjectSize, deserialize, type Document, serialize } from 'bson';
import type { LogRecord } from '../log.js';

/** Of the layout of a message; a reader refuses what it does not know. */
const VERSION = 1;
/** js-bson writes into a buffer of 17 MiB unless told of a larger one. */
const LARGE_BYTES = 4 * 1024 * 1024;

const AS_STORED = { promoteValues: false, promoteLongs: false, bsonRegExp: true } as const;

/**
 * Many records as one message's value: BSON, so that what is a number, a date or null stays one. Records are plain data of
 * strings, numbers, booleans, null and arrays; `ids` alone holds values of any BSON type, which come back as exactly that.
 */
export function encodeRecords(records: readonly LogRecord[]): Uint8Array {
  const document: Document = { v: VERSION, r: records.map(withIdsApart) };
  const bytes = records.reduce((sum, record) => sum + record.bytes, 0);
  const options = bytes < LARGE_BYTES ? {} : { minInternalBufferSize: calculateObjectSize(document) };
  return serialize(document, { ignoreUndefined: true, ...options });
}

/** Throws where this is not what `encodeRecords` made. */
export function decodeRecords(value: Uint8Array): LogRecord[] {
  const { v, r } = deserialize(value, { promoteBuffers: false });
  if (v !== VERSION || !Array.isArray(r)) throw new Error(`a message of version ${String(v)}`);
  for (const record of r as Document[]) {
    if (record['ids'] !== undefined) record['ids'] = deserialize((record['ids'] as Binary).buffer, AS_STORED)['v'];
  }
  return r as LogRecord[];
}

function withIdsApart(record: LogRecord): Document {
  if (!('ids' in record) || record.ids === undefined) return record;
  return { ...record, ids: new Binary(serialize({ v: record.ids })) };
}
