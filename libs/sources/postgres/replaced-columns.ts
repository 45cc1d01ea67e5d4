import { type Finding, qualifiedName, type TablePlan } from '#model';
import type { PostgresConnections } from './connection.js';
import { changed } from './publication.js';

interface NumberRow {
  relation: string;
  name: string;
  number: number;
}

const NUMBERS = `
SELECT attrelid::text AS relation, attname AS name, attnum::int AS number FROM pg_catalog.pg_attribute
 WHERE attrelid = ANY ($1::oid[]) AND attnum > 0 AND NOT attisdropped`;

/**
 * The first column in use that was dropped and added again under its name: it has another number in `pg_attribute`, which
 * is never given twice. The log does not tell, where name and type are the same; and of rows that were there, which have the new column's default or null, there is
 * no change in it. What the log tells may be committed and not visible yet, so it is looked at from time to time, too.
 */
export async function replacedColumn(
  connections: PostgresConnections,
  tables: readonly TablePlan[],
): Promise<Finding | undefined> {
  const rows = await connections.query<NumberRow & Record<string, unknown>>(NUMBERS, [
    tables.map(({ sourceId }) => sourceId),
  ]);
  const numbers = new Map(rows.map(({ relation, name, number }) => [`${relation} ${name}`, number]));
  for (const table of tables)
    for (const { name, number } of table.columns) {
      const now = numbers.get(`${table.sourceId} ${name}`);
      if (number === undefined || now === undefined || now === number) continue;
      const label = qualifiedName(table);
      return changed(`${label}.${name}`, `The column ${name} of ${label} was dropped and added again.`);
    }
  return undefined;
}
