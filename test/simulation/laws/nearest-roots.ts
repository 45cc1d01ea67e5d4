import type { Plan, StagedRow } from '#model';

interface Root {
  collection: number;
  root: string;
}

/** A row as a change left it, and as it was before. */
export interface ChangedRow {
  key: string;
  now: Pick<StagedRow, 'k'>;
  former: Pick<StagedRow, 'k'> | undefined;
}

/** Roots that a changed row is, or that it refers to by their key, now and before: those that are known without any other row. */
export function nearestRoots({ tables, nodes }: Plan, table: number, { key, now, former }: ChangedRow): Root[] {
  const found: Root[] = [];
  for (const id of tables[table]?.nodes ?? []) {
    const node = nodes[id];
    if (node === undefined) continue;
    const { collection, edge, parent } = node;
    if (edge === null || parent === null) found.push({ collection, root: key });
    else if (nodes[parent]?.parent === null && edge.parent.name === null)
      for (const root of valuesOf(edge.child.name, key, [now, former])) found.push({ collection, root });
  }
  return found;
}

function valuesOf(join: string | null, key: string, rows: readonly (Pick<StagedRow, 'k'> | undefined)[]): string[] {
  if (join === null) return [key];
  return rows.flatMap((row) => row?.k?.[join] ?? []);
}
