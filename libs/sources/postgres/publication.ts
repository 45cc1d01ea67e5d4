import { escapeIdentifier } from 'pg';
import type { Plan } from '#model';
import type { PostgresConnections } from './connection.js';
import { fromClause, readShapes } from './table-shape.js';

/** Changes of partitions come as changes of their root; a plain table without those that inherit from it, as the load reads it. */
export async function createPublication(connections: PostgresConnections, name: string, plan: Plan): Promise<void> {
  const shapes = await readShapes(connections, plan.tables);
  const tables = plan.tables.map((table) => fromClause(table, shapes.get(table.index)));
  await connections.execute(
    `CREATE PUBLICATION ${escapeIdentifier(name)} FOR TABLE ${tables.join(', ')}`
    + " WITH (publish = 'insert,update,delete,truncate', publish_via_partition_root = true)",
  );
}

export async function dropPublication(connections: PostgresConnections, name: string): Promise<void> {
  await connections.execute(`DROP PUBLICATION IF EXISTS ${escapeIdentifier(name)}`);
}

export async function publicationExists(connections: PostgresConnections, name: string): Promise<boolean> {
  const rows = await connections.query('SELECT 1 FROM pg_catalog.pg_publication WHERE pubname = $1', [name]);
  return rows.length > 0;
}
