import { partitionOf } from '#log';
import type { StagedRow, TruncateChange } from '#model';
import type { FormerEntry, RowsFence } from '#stage';
import type { StoreTransaction } from '#store';
import type { FormerTracker } from './former-tracker.js';
import type { RowActorParts } from './row-actor.js';
import { type Image, imageOf } from './row-batch.js';
import type { StageTable } from './stage-tables.js';

const KEYS_PER_SCAN = 10_000;
const ROWS_PER_TRANSACTION = 1_000;
/** What is wiped needs no columns, however large they are. */
const WIPED_FIELDS = { fields: ['at', 'gone', 'k'] };

export interface WipedPage {
  images: Image[];
  former: FormerEntry[];
  over: readonly string[];
}

/**
 * TRUNCATE of a table in one partition: its rows below the position become `gone` with that position. The floor is durable
 * first, so that loaded rows which come later are dropped; keys are found by scanning the table's and hashing, which is
 * rare. Never taken for a repeat: a crash inside must not leave half of it.
 */
export async function* wipePages(
  parts: RowActorParts,
  partition: number,
  change: TruncateChange,
  tracker: FormerTracker,
  signal: AbortSignal,
): AsyncGenerator<WipedPage> {
  const table = parts.tables[change.table] as StageTable;
  await parts.store.transact('wipe', (tx) => raiseFloor(parts, tx, partition, change), signal);
  let after: string | undefined;
  for (;;) {
    const keys = await parts.store.read.range(table.collection, after === undefined ? {} : { after }, {
      fields: ['at', 'gone'],
      limit: KEYS_PER_SCAN,
    });
    if (keys.length === 0) break;
    after = String(keys.at(-1)?._id);
    const mine = keys.filter((row) => !row.gone && (row.at as string) < change.at).map((row) => String(row._id));
    const owned = mine.filter((key) => partitionOf(change.table, key, parts.partitions) === partition);
    for (let i = 0; i < owned.length; i += ROWS_PER_TRANSACTION) {
      const page = owned.slice(i, i + ROWS_PER_TRANSACTION);
      yield await parts.store.transact('wipe', (tx) => wipe(parts, tx, partition, change, page, tracker), signal);
    }
  }
  yield await parts.store.transact('wipe', (tx) => wipe(parts, tx, partition, change, [], tracker), signal);
}

async function raiseFloor(
  parts: RowActorParts,
  tx: StoreTransaction,
  partition: number,
  change: TruncateChange,
): Promise<void> {
  const fence = await tx.fence<RowsFence>(parts.names.fences, parts.names.rowsFence(partition));
  const floor = fence.floors[String(change.table)];
  if (floor !== undefined && floor >= change.at) return;
  await tx.patch(parts.names.fences, fence._id, { set: { [`floors.${change.table}`]: change.at } });
}

async function wipe(
  parts: RowActorParts,
  tx: StoreTransaction,
  partition: number,
  change: TruncateChange,
  keys: readonly string[],
  tracker: FormerTracker,
): Promise<WipedPage> {
  const { merge, collection } = parts.tables[change.table] as StageTable;
  const fence = await tx.fence<RowsFence>(parts.names.fences, parts.names.rowsFence(partition));
  const rows = keys.length === 0 ? [] : ((await tx.byIds(collection, keys, WIPED_FIELDS)) as unknown as StagedRow[]);
  const entries: FormerEntry[] = [];
  const gone: StagedRow[] = [];
  for (const row of rows) {
    const wiped = merge.wiped(row, change.at);
    if (wiped === row) continue;
    gone.push(wiped);
    entries.push({ table: change.table, key: row._id, at: change.at, k: row.k ?? {} });
  }
  if (gone.length > 0) await tx.replace(collection, gone as never);
  const { kept, dropped, over } = tracker.split(fence);
  const position = change.at > fence.position ? change.at : fence.position;
  if (entries.length > 0 || dropped.length > 0 || position !== fence.position) {
    await tx.patch(parts.names.fences, fence._id, { set: { position, former: [...kept, ...entries] } });
  }
  const former = [...tracker.due(fence), ...entries];
  return { images: [...gone.map((row) => imageOf(change.table, row._id, row)), ...former], former, over };
}
