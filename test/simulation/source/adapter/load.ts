import type { TablePlan } from '#model';
import type { Chunk, LoadedRows, ReadChunkOptions } from '#sources';
import type { Random } from '../../kernel/index.js';
import type { SimTable, Values } from '../server/table.js';
import type { SimClient, SimConnections } from './connections.js';
import { loadedRows, rangeOf } from './rows.js';
import { openReading } from './snapshot.js';
import { untilAborted } from './until-aborted.js';

/** Below this many times the target one chunk is best. */
const SMALL = 1.5;
const MOST_ROWS_AT_ONCE = 8;

type Key = (string | null)[];

/** Walks the key, one statement with a snapshot of its own per chunk. */
export async function* chunksOf(
  connections: SimConnections,
  table: TablePlan,
  targetRows: number,
  signal: AbortSignal,
): AsyncGenerator<Chunk, void> {
  signal.throwIfAborted();
  const { client } = await connections.open('connects to cut chunks', () => {});
  try {
    const sim = connections.named((server) => server.tableOf(table));
    const rows = (label: string, after: Key | null) =>
      untilAborted(signal, () => rowsOf(connections, client, sim, { label, isWanted: rangeOf(sim, after) }));
    let left = (await rows('counts rows', null)).length;
    if (left <= targetRows * SMALL) {
      yield { table: table.index, after: null, upTo: null, estimatedRows: left };
      return;
    }
    for (let after: Key | null = null; ; left -= targetRows) {
      const last: Values | undefined = (await rows('cuts a chunk', after))[targetRows - 1];
      const upTo: Key | null = last ? sim.keyValues(last) : null;
      const estimatedRows = upTo ? targetRows : Math.max(0, Math.min(left, targetRows));
      yield { table: table.index, after, upTo, estimatedRows };
      if (!upTo) return;
      after = upTo;
    }
  } finally {
    await client.close();
  }
}

/** All rows from one snapshot, a few at a time, with anything between. */
export async function* readChunk(
  connections: SimConnections,
  random: Random,
  table: TablePlan,
  chunk: Chunk,
  { snapshot, begun, signal }: ReadChunkOptions,
): AsyncGenerator<LoadedRows, void> {
  signal.throwIfAborted();
  const client = await openReading(connections, snapshot);
  let done = false;
  try {
    if (!begun || (await begun())) {
      const sim = connections.named((server) => server.tableOf(table));
      const read = { label: 'begins to copy a chunk', isWanted: rangeOf(sim, chunk.after, chunk.upTo) };
      const wanted = await untilAborted(signal, () => rowsOf(connections, client, sim, read));
      while (wanted.length > 0) {
        const some = wanted.splice(0, random.between(1, MOST_ROWS_AT_ONCE));
        yield await untilAborted(signal, () => client.call('copies some rows', () => loadedRows(sim, table, some)));
      }
    }
    done = true;
  } finally {
    if (done) await client.close();
    else client.abort();
  }
}

/** As the session's snapshot has them; a table that is being emptied is waited for. */
function rowsOf(
  { server }: SimConnections,
  client: SimClient,
  table: SimTable,
  { label, isWanted }: { label: string; isWanted: (row: Values) => boolean },
): Promise<Values[]> {
  return client.wait(label, (session) => () => server.read(session, table, isWanted));
}
