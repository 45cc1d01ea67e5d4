import type { TablePlan } from '#model';
import type { Chunk } from '../source.js';
import type { PostgresConnections, SourceClient } from './connection.js';
import { columnList, keyCondition, whereClause } from './key-range.js';
import { fromClause, readShape, type TableShape } from './table-shape.js';

/** Below this many times the target one chunk is best. */
const SMALL = 1.5;

/**
 * Walks the key's index, one step per chunk, each a statement of its own: the first chunk is there at once however large
 * the table, no transaction is long, and since a range is open to both sides what is inserted meanwhile is in one of
 * them. Tables without key are cut by physical blocks, which mean something in one snapshot only.
 */
export async function* chunksOf(
  connections: PostgresConnections,
  table: TablePlan,
  targetRows: number,
  signal: AbortSignal,
): AsyncGenerator<Chunk, void> {
  signal.throwIfAborted();
  const shape = await readShape(connections, table);
  if (table.key.length === 0) yield* blockChunks(table, shape, targetRows);
  else if (shape.estimatedRows <= targetRows * SMALL) {
    yield { table: table.index, after: null, upTo: null, estimatedRows: shape.estimatedRows };
  } else yield* keyChunks(connections, table, shape, targetRows, signal);
}

async function* keyChunks(
  connections: PostgresConnections,
  table: TablePlan,
  shape: TableShape,
  targetRows: number,
  signal: AbortSignal,
): AsyncGenerator<Chunk, void> {
  const walker = await connections.client({ text: true });
  const abort = (): void => walker.abort();
  signal.addEventListener('abort', abort, { once: true });
  try {
    await preferIndexes(walker);
    let after: string[] | null = null;
    let left = shape.estimatedRows;
    for (;;) {
      const upTo: string[] | null = await nextBoundary(walker, table, shape, after, targetRows);
      yield {
        table: table.index,
        after,
        upTo,
        estimatedRows: upTo ? targetRows : Math.max(0, Math.min(left, targetRows)),
      };
      if (!upTo) return;
      after = upTo;
      left -= targetRows;
    }
  } catch (error) {
    signal.throwIfAborted();
    throw connections.error(error, `cutting ${table.schema}.${table.name} into chunks`, walker);
  } finally {
    signal.removeEventListener('abort', abort);
    await walker.close();
  }
}

async function nextBoundary(
  walker: SourceClient,
  table: TablePlan,
  shape: TableShape,
  after: string[] | null,
  targetRows: number,
): Promise<string[] | null> {
  const key = columnList(table, table.key);
  const where = whereClause(after ? [keyCondition(table, shape, '>', after)] : []);
  const { rows } = await walker.query<string[]>({
    text: `SELECT ${key} FROM ${fromClause(table, shape)}${where} ORDER BY ${key} OFFSET ${targetRows - 1} LIMIT 1`,
    rowMode: 'array',
  });
  return rows[0] ?? null;
}

/** A range of the key is read by its index; on fresh statistics, or none, the planner may prefer to read the whole table. */
export async function preferIndexes(client: SourceClient): Promise<void> {
  await client.query(
    'SET enable_seqscan = off; SET enable_sort = off; SET enable_incremental_sort = off; SET max_parallel_workers_per_gather = 0',
  );
}

function* blockChunks(table: TablePlan, shape: TableShape, targetRows: number): Generator<Chunk, void> {
  for (const leaf of shape.leaves) {
    const step = Math.max(1, Math.ceil(targetRows / leaf.rowsPerBlock));
    for (let from = 0; from < leaf.blocks; from += step) {
      const to = Math.min(leaf.blocks, from + step);
      yield {
        table: table.index,
        after: null,
        upTo: null,
        blocks: { relation: leaf.oid, from, to },
        estimatedRows: Math.round((to - from) * leaf.rowsPerBlock),
      };
    }
  }
}
