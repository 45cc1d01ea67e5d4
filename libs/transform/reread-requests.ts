import type { StagedRow } from '#model';
import type { Doc } from '#store';
import type { StageTable } from './stage-tables.js';

/**
 * Asks the capture to read missing columns again: a record written by the transaction that stages the row without them, so
 * that it cannot be lost. A newer one of the same row takes its place.
 */
export interface RereadRequest extends Doc {
  _id: string;
  table: number;
  key: string;
  since: string;
  columns: number[];
  partition: number;
  transaction: string;
}

export function rereadRequests(
  writes: readonly { table: StageTable; inserts: StagedRow[]; replaces: StagedRow[] }[],
  partition: number,
): RereadRequest[] {
  const requests: RereadRequest[] = [];
  for (const { table, inserts, replaces } of writes) {
    for (const rows of [inserts, replaces]) {
      for (const row of rows) {
        if (row.missing === undefined || row.bad !== undefined) continue;
        requests.push({
          _id: `${table.plan.index}:${row._id}`,
          table: table.plan.index,
          key: row._id,
          since: row.missing.since,
          columns: row.missing.columns,
          partition,
          transaction: row.missing.transaction,
        });
      }
    }
  }
  return requests;
}
