import type { Finding } from '#model';
import { blocker, warning } from './finding.js';
import type { ServerFacts } from './server-facts.js';
import { name } from './sql.js';
import type { RelationFacts, TableFacts } from './table-facts.js';

export interface CheckedTable {
  facts: TableFacts;
  /** `schema.name`, as everywhere in findings. */
  object: string;
  /** The key that the plan knows rows by; empty where there is none, which the plan's own findings say. */
  key: readonly string[];
}

/** What holds in both modes: the role must be able to read every row. */
export function checkReading(table: CheckedTable, server: ServerFacts): Finding[] {
  const findings = [noSelect(table, server), rowSecurity(table, server), inherited(table)];
  return [...findings.flatMap((finding) => finding ?? []), ...foreignPartitions(table)];
}

/** What following changes needs, beyond reading. */
export function checkFollowing(table: CheckedTable): Finding[] {
  return [...unlogged(table), ...replicaIdentity(table), ...partitioned(table)];
}

function noSelect({ facts, object, key }: CheckedTable, { role }: ServerFacts): Finding | undefined {
  if (facts.mayUseSchema && facts.mayRead) return undefined;
  const missing = facts.mayUseSchema
    ? 'may not read all columns of it that the job uses'
    : `may not use the schema ${facts.schema}`;
  const read = key.length === 0 ? facts.relations : [facts];
  const usage = facts.mayUseSchema ? '' : `GRANT USAGE ON SCHEMA ${name(facts.schema)} TO ${name(role)}; `;
  return blocker({
    code: 'NO_SELECT',
    object,
    message: `The role ${role} ${missing}.`,
    fix: `${usage}GRANT SELECT ON TABLE ${read.map((each) => name(each.schema, each.name)).join(', ')} TO ${name(role)};`,
  });
}

/** Reads fail rather than lose rows (`row_security=off`), while the log has all of them: so this cannot be forced. */
function rowSecurity({ facts, object }: CheckedTable, { role }: ServerFacts): Finding | undefined {
  if (!facts.secured) return undefined;
  const table = name(facts.schema, facts.name);
  const without = facts.owns && facts.forced ? `, or ALTER TABLE ${table} NO FORCE ROW LEVEL SECURITY;` : '';
  return blocker({
    code: 'ROW_SECURITY',
    object,
    message: `Row-level security of this table applies to the role ${role}: rows that its policies hide would be missing.`,
    fix: `ALTER ROLE ${name(role)} BYPASSRLS;${without}`,
  });
}

function inherited({ facts, object }: CheckedTable): Finding | undefined {
  if (facts.heirs.length === 0) return undefined;
  return warning({
    code: 'INHERITED_TABLE',
    object,
    message: `Other tables inherit from this one: ${list(facts.heirs)}. Their rows are not taken for rows of it, though SELECT shows them.`,
    fix: 'Map the tables that inherit as collections of their own, or make them partitions.',
  });
}

function unlogged({ facts, object }: CheckedTable): Finding[] {
  return facts.relations
    .filter((relation) => relation.unlogged)
    .map((relation) =>
      blocker({
        code: 'UNLOGGED_TABLE',
        object: facts.kind === 'p' ? label(relation) : object,
        message: 'It is unlogged: its changes are in no log, and it is empty after a crash.',
        fix: `ALTER TABLE ${name(relation.schema, relation.name)} SET LOGGED;`,
      }),
    );
}

function foreignPartitions({ facts }: CheckedTable): Finding[] {
  return facts.relations
    .filter((relation) => relation.kind === 'f')
    .map((relation) =>
      blocker({
        code: 'FOREIGN_PARTITION',
        object: label(relation),
        message: `It is a foreign table and a partition of ${facts.schema}.${facts.name}: its rows are on another server, and so is the log of their changes.`,
        fix: `ALTER TABLE ${name(facts.schema, facts.name)} DETACH PARTITION ${name(relation.schema, relation.name)};`,
      }),
    );
}

function partitioned({ facts, object }: CheckedTable): Finding[] {
  if (facts.kind !== 'p') return [];
  return [
    warning({
      code: 'PARTITIONED_TABLE',
      object,
      message:
        'TRUNCATE, ATTACH and DETACH of a single partition are not in the log of a partitioned table. When its set of partitions changes the job stops; TRUNCATE of one goes unnoticed.',
      fix: 'Use DELETE instead of TRUNCATE on single partitions; after ATTACH or DETACH run the job with --fresh.',
    }),
  ];
}

/**
 * The log tells which row was changed or deleted by the replica identity alone: so that has to be the key, in the table
 * and in every partition (each has its own setting, and new partitions get DEFAULT). With anything else PostgreSQL also
 * refuses UPDATE and DELETE, the application's, as soon as the table is published.
 */
function replicaIdentity({ facts, object, key }: CheckedTable): Finding[] {
  if (key.length === 0) return [];
  const wrong = facts.relations.filter((relation) => relation.kind !== 'f' && !sendsKey(relation, key));
  const [first] = wrong;
  if (!first) return [];
  const where = facts.kind === 'p' ? ` (${list(wrong.map(label))})` : '';
  return [
    blocker({
      code: 'REPLICA_IDENTITY',
      object,
      fix: wrong.map((relation) => mended(relation, key)).join(' '),
      message: `Its key is (${key.join(', ')}), but its replica identity is ${described(first)}${where}: changes of its rows could not be followed, and PostgreSQL may refuse the application's UPDATE and DELETE once the table is published.`,
    }),
  ];
}

function sendsKey(relation: RelationFacts, key: readonly string[]): boolean {
  if (relation.identity === 'f') return sameColumns(relation.primaryKey, key);
  return relation.identity !== 'n' && sameColumns(relation.identityColumns, key);
}

function described({ identity, identityColumns }: RelationFacts): string {
  switch (identity) {
    case 'n':
      return 'NOTHING';
    case 'f':
      return 'FULL, without a primary key';
    case 'i':
      return identityColumns ? `the index over (${identityColumns.join(', ')})` : 'an index that is no longer there';
    case 'd':
      return identityColumns
        ? `DEFAULT, the primary key (${identityColumns.join(', ')})`
        : 'DEFAULT, and there is no primary key that is not deferrable';
  }
}

function mended(relation: RelationFacts, key: readonly string[]): string {
  const table = name(relation.schema, relation.name);
  if (sameColumns(relation.primaryKey, key)) return `ALTER TABLE ${table} REPLICA IDENTITY DEFAULT;`;
  const index = relation.indexes.find(({ columns }) => sameColumns(columns, key));
  if (index) return `ALTER TABLE ${table} REPLICA IDENTITY USING INDEX ${name(index.name)};`;
  const made = `${relation.name}_millrace_key`;
  return `CREATE UNIQUE INDEX ${name(made)} ON ${table} (${key.map((column) => name(column)).join(', ')}); ALTER TABLE ${table} REPLICA IDENTITY USING INDEX ${name(made)};`;
}

function sameColumns(columns: readonly string[] | null, key: readonly string[]): boolean {
  return columns !== null && columns.length === key.length && key.every((column) => columns.includes(column));
}

function label({ schema, name: own }: RelationFacts): string {
  return `${schema}.${own}`;
}

const LISTED = 5;

function list(names: readonly string[]): string {
  return names.length <= LISTED
    ? names.join(', ')
    : `${names.slice(0, LISTED).join(', ')} and ${names.length - LISTED} more`;
}
