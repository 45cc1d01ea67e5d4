import { MillraceError } from '#errors';
import { type Canonicalize, qualifiedName, type TablePlan, unpackField } from '#model';
import type { Chunk, LoadedRows, ReadChunkOptions } from '../source.js';
import { preferIndexes } from './chunks.js';
import type { PostgresConnections, SourceClient } from './connection.js';
import { CopyOut } from './copy-out.js';
import { columnList, keyCondition, whereClause } from './key-range.js';
import { POSTGRES_CODES } from './postgres.codes.js';
import { keyCanonicalizer } from './relation.js';
import { beginReading } from './snapshot.js';
import { fromClause, readShape, type TableShape } from './table-shape.js';

const BATCH_BYTES = 256 * 1024;
/** What a row costs in memory beside its strings. */
const ROW_BYTES = 64;
const IDLE_SESSIONS = 4;

/** Reads chunks; keeps a few sessions for the next ones. */
export class PostgresLoad {
  private readonly idle: SourceClient[] = [];
  private closed = false;

  constructor(private readonly connections: PostgresConnections) {}

  async *read(
    table: TablePlan,
    chunk: Chunk,
    { snapshot, begun, signal }: ReadChunkOptions,
  ): AsyncGenerator<LoadedRows, void> {
    signal.throwIfAborted();
    const shape = await readShape(this.connections, table);
    const client = await this.session();
    const abort = (): void => client.abort();
    signal.addEventListener('abort', abort, { once: true });
    let done = false;
    try {
      await beginReading(client, snapshot);
      if (!begun || (await begun()))
        yield* rowsOf(table, chunk, new CopyOut(copyStatement(table, shape, chunk), client));
      await client.query('COMMIT');
      done = true;
    } catch (error) {
      signal.throwIfAborted();
      throw this.connections.error(error, `reading ${qualifiedName(table)}`, client);
    } finally {
      signal.removeEventListener('abort', abort);
      if (done) this.give(client);
      else client.abort();
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    await Promise.all(this.idle.splice(0).map((client) => client.close()));
  }

  private async session(): Promise<SourceClient> {
    for (let client = this.idle.pop(); client; client = this.idle.pop()) if (!client.lost) return client;
    const client = await this.connections.client();
    await preferIndexes(client);
    return client;
  }

  private give(client: SourceClient): void {
    if (this.closed || this.idle.length >= IDLE_SESSIONS) void client.close();
    else this.idle.push(client);
  }
}

function copyStatement(table: TablePlan, shape: TableShape, chunk: Chunk): string {
  if (chunk.blocks) return copyOfBlocks(table, shape, chunk.blocks);
  const conditions: string[] = [];
  if (chunk.after) conditions.push(keyCondition(table, shape, '>', chunk.after));
  if (chunk.upTo) conditions.push(keyCondition(table, shape, '<=', chunk.upTo));
  return `COPY (SELECT ${columnList(table)} FROM ${fromClause(table, shape)}${whereClause(conditions)}) TO STDOUT`;
}

/** The row's place stands behind its columns. */
function copyOfBlocks(
  table: TablePlan,
  shape: TableShape,
  { relation, from, to }: NonNullable<Chunk['blocks']>,
): string {
  const leaf = shape.leaves.find(({ oid }) => oid === relation);
  if (!leaf) {
    throw new MillraceError(
      POSTGRES_CODES.SOURCE_SCHEMA_CHANGED,
      `A partition of ${qualifiedName(table)} is no longer there. ${POSTGRES_CODES.SOURCE_SCHEMA_CHANGED.remedy}`,
    );
  }
  return `COPY (SELECT ${columnList(table)}, ctid FROM ONLY ${leaf.name} WHERE ctid >= '(${from},0)'::tid AND ctid < '(${to},0)'::tid) TO STDOUT`;
}

async function* rowsOf(
  table: TablePlan,
  chunk: Chunk,
  blocks: AsyncIterable<string>,
): AsyncGenerator<LoadedRows, void> {
  const append = chunk.blocks ? placedAppender(chunk.blocks.relation) : keyedAppender(table);
  let rows: LoadedRows = { keys: [], tuples: [], bytes: 0 };
  for await (const block of blocks) {
    append(block.split('\n'), rows);
    rows.bytes += 2 * block.length;
    if (rows.bytes < BATCH_BYTES) continue;
    rows.bytes += ROW_BYTES * rows.keys.length;
    yield rows;
    rows = { keys: [], tuples: [], bytes: 0 };
  }
  rows.bytes += ROW_BYTES * rows.keys.length;
  if (rows.keys.length > 0) yield rows;
}

/** Every line ends with a line end, so the last element is empty. */
type Append = (lines: string[], rows: LoadedRows) => void;

function keyedAppender(table: TablePlan): Append {
  const keyOf = lineKey(table);
  return (lines, rows) => {
    for (let i = 0; i < lines.length - 1; i++) {
      const line = lines[i] as string;
      rows.keys.push(keyOf(line));
      rows.tuples.push(line);
    }
  };
}

/** A table without key: a row is known by its place, in this snapshot. */
function placedAppender(relation: string): Append {
  return (lines, rows) => {
    for (let i = 0; i < lines.length - 1; i++) {
      const line = lines[i] as string;
      const tab = line.lastIndexOf('\t');
      rows.keys.push(`C${relation}${line.slice(tab + 1)}`);
      rows.tuples.push(tab < 0 ? '' : line.slice(0, tab));
    }
  };
}

/** The canonical key of a packed row, looking at no field behind the last one of the key. */
export function lineKey(table: TablePlan): (line: string) => string {
  const canonical: Canonicalize = keyCanonicalizer(table);
  const last = Math.max(...table.key);
  /** For each field up to the last one of the key its place in the key, or −1. */
  const places = Array.from({ length: last + 1 }, (_, column) => table.key.indexOf(column));
  const values: (string | null)[] = table.key.map(() => null);
  return (line) => {
    let start = 0;
    for (let column = 0; column <= last; column++) {
      let end = line.indexOf('\t', start);
      if (end < 0) end = line.length;
      const place = places[column] as number;
      if (place >= 0) values[place] = unpackField(line.slice(start, end));
      start = end + 1;
    }
    return canonical(values) ?? '';
  };
}
