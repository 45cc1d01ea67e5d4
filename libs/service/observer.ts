import type { WorkerObserver } from '#job';
import { type Plan, qualifiedName, type RowsRecord } from '#model';
import type { Metrics } from '#observability/metrics';

/** Changes by table, in batches of `rows`; loaded rows are counted where they are read. */
export function countChanges(metrics: Metrics, plan: Plan, records: readonly RowsRecord[]): void {
  const counts = new Map<number, number>();
  for (const record of records) {
    if (record.kind !== 'changes') continue;
    for (const { table } of record.changes) counts.set(table, (counts.get(table) ?? 0) + 1);
  }
  for (const [index, rows] of counts) {
    const table = plan.tables[index];
    if (table) metrics.rows.inc({ job: plan.job, table: qualifiedName(table), phase: 'capture' }, rows);
  }
}

/** Counts what the actors of one job do. */
export function observerOf(metrics: Metrics, plan: Plan): WorkerObserver {
  const { job } = plan;
  const tables = plan.tables.map(qualifiedName);
  const collections = plan.collections.map(({ name }) => name);
  return {
    loaded: (table, rows) => metrics.rows.inc({ job, table: tables[table] ?? '', phase: 'load' }, rows),
    written: ({ collection: index, documents, deleted, refused, committedAtMs }) => {
      const collection = collections[index] ?? '';
      metrics.touches.inc({ job, collection }, documents + deleted + refused);
      if (documents > 0) metrics.documents.inc({ job, collection, outcome: 'written' }, documents);
      if (deleted > 0) metrics.documents.inc({ job, collection, outcome: 'deleted' }, deleted);
      if (refused > 0) metrics.documents.inc({ job, collection, outcome: 'refused' }, refused);
      if (committedAtMs !== undefined)
        metrics.freshness.observe({ job, collection }, Math.max(0, Date.now() - committedAtMs) / 1_000);
    },
  };
}
