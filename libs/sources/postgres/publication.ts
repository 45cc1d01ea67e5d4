import { setTimeout as sleep } from 'node:timers/promises';
import { escapeIdentifier, escapeLiteral } from 'pg';
import { MillraceError } from '#errors';
import { type Finding, type Plan, qualifiedName, type TablePlan } from '#model';
import { CAPTURE_CODES, SCHEMA_CHANGED } from './capture.codes.js';
import type { PostgresConnections } from './connection.js';
import { fromClause, readShapes } from './table-shape.js';

/** Of the partitions of all partitioned tables among `$1`: which relations they are. */
const PARTITIONS = `
(SELECT pg_catalog.md5(pg_catalog.string_agg(t.relid::oid::text, ',' ORDER BY t.relid::oid))
   FROM pg_catalog.pg_class c CROSS JOIN LATERAL pg_catalog.pg_partition_tree(c.oid) t
  WHERE c.oid = ANY ($1::oid[]) AND c.relkind = 'p')`;

const STATE = `
SELECT ${PARTITIONS} AS partitions, pg_catalog.obj_description(p.oid, 'pg_publication') AS noted,
  ARRAY(SELECT r.oid::text FROM pg_catalog.unnest($1::oid[]) AS r (oid)
         WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_publication_rel m WHERE m.prpubid = p.oid AND m.prrelid = r.oid)) AS missing
FROM pg_catalog.pg_publication p WHERE p.pubname = $2`;

/**
 * Changes of partitions come as changes of their root; a plain table without those that inherit from it, as the load
 * reads it. What is attached to or detached from a partitioned table is in no log, so the set of its partitions is noted
 * with the publication, before the load begins.
 */
export async function createPublication(connections: PostgresConnections, name: string, plan: Plan): Promise<void> {
  const shapes = await readShapes(connections, plan.tables);
  const tables = plan.tables.map((table) => fromClause(table, shapes.get(table.index)));
  const [row] = await connections.query<{ partitions: string | null }>(`SELECT ${PARTITIONS} AS partitions`, [
    oids(plan),
  ]);
  await connections.execute(
    `CREATE PUBLICATION ${escapeIdentifier(name)} FOR TABLE ${tables.join(', ')}` +
      " WITH (publish = 'insert,update,delete,truncate', publish_via_partition_root = true)",
  );
  const comment = row?.partitions ? escapeLiteral(row.partitions) : 'NULL';
  await connections.execute(`COMMENT ON PUBLICATION ${escapeIdentifier(name)} IS ${comment}`);
}

const MEMBERS = `
SELECT pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) AS name
  FROM pg_catalog.pg_publication p JOIN pg_catalog.pg_publication_rel m ON m.prpubid = p.oid
  JOIN pg_catalog.pg_class c ON c.oid = m.prrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE p.pubname = $1`;

/** Far longer than a session takes from finding a table's publications to reading them. */
const FORGET_MS = 200;

/**
 * Takes the tables out first. A session that writes looks up the publications of its table and then each of them; one
 * that is dropped in between fails its statement ("cache lookup failed for publication"), which no job may do to an
 * application. Taking a table out leaves the publication there to be found.
 */
export async function dropPublication(connections: PostgresConnections, name: string): Promise<void> {
  const members = await connections.query<{ name: string }>(MEMBERS, [name]);
  if (members.length > 0) {
    await connections.execute(
      `ALTER PUBLICATION ${escapeIdentifier(name)} DROP TABLE ${members.map((member) => `ONLY ${member.name}`).join(', ')}`,
    );
    await sleep(FORGET_MS);
  }
  await connections.execute(`DROP PUBLICATION IF EXISTS ${escapeIdentifier(name)}`);
}

export async function publicationExists(connections: PostgresConnections, name: string): Promise<boolean> {
  const rows = await connections.query('SELECT 1 FROM pg_catalog.pg_publication WHERE pubname = $1', [name]);
  return rows.length > 0;
}

/**
 * What of the publication changed without a trace in the log; the first such thing. From PostgreSQL 18 on a publication
 * that was dropped does not even end the stream: its changes are missing in silence.
 */
export async function publicationChange(
  connections: PostgresConnections,
  name: string,
  plan: Plan,
): Promise<Finding | undefined> {
  const [row] = await connections.query<{ partitions: string | null; noted: string | null; missing: string[] }>(STATE, [
    oids(plan),
    name,
  ]);
  if (!row) throw missingPublication(name);
  const [gone] = row.missing;
  if (gone !== undefined) {
    const table = qualifiedName(plan.tables.find(({ sourceId }) => sourceId === gone) as TablePlan);
    return changed(
      table,
      `The table ${table} is no longer in the publication of the job: it was dropped, made anew or taken out.`,
    );
  }
  if (row.partitions === row.noted) return undefined;
  return changed(
    'source',
    'The set of partitions of a partitioned table has changed; rows that came or went with a partition are not in the log.',
  );
}

export function missingPublication(name: string): MillraceError {
  const code = CAPTURE_CODES.PUBLICATION_MISSING;
  return new MillraceError(code, `The publication ${name} is not there. ${code.remedy}`, {
    context: { publication: name },
  });
}

function oids(plan: Plan): string[] {
  return plan.tables.map((table) => table.sourceId);
}

/** Of which the log says nothing: only a load anew helps. */
export function changed(object: string, message: string): Finding {
  return { severity: 'blocker', code: SCHEMA_CHANGED, object, message, fix: 'Run the job with --fresh.' };
}
