import { isDeepStrictEqual } from 'node:util';
import {
  type Catalogue,
  type ColumnPlan,
  type Finding,
  qualifiedName,
  type SourceTable,
  type TablePlan,
  type ValueType,
} from '#model';
import type { CaptureEvent } from '../source.js';
import { COLUMN_ADDED, SCHEMA_CHANGED } from './capture.codes.js';
import { readCatalogue } from './catalogue.js';
import type { PostgresConnections } from './connection.js';
import type { Relation, RelationColumn } from './relation.js';
import { replacedColumn } from './replaced-columns.js';

export type SchemaEvent = Extract<CaptureEvent, { op: 'schema' }>;

/** A table as the catalogues show it at one moment, with each column's type by its oid and modifier. */
interface Present {
  table: SourceTable | undefined;
  types: ReadonlyMap<string, { typeId: number; modifier: number }>;
}

interface AttributeRow {
  relation: string;
  name: string;
  type: number;
  modifier: number;
}

const ATTRIBUTES = `
SELECT attrelid::text AS relation, attname AS name, atttypid::bigint::float8 AS type, atttypmod AS modifier FROM pg_catalog.pg_attribute
 WHERE attrelid = ANY ($1::oid[]) AND attnum > 0 AND NOT attisdropped`;

/**
 * Compares what the log says a table looked like with the plan. The log knows types by oid alone; what an oid means is
 * read from the catalogues, and does not change, so what was read before still tells that nothing has changed. Only a
 * difference is looked at again. A column whose type in the log is not its present one counts as changed: if the log is
 * behind, it will come to that change anyway.
 */
export class SchemaGuard {
  private readonly columns = new Map<number, Set<string>>();
  private readonly passed = new Map<number, string>();
  private present: Promise<Map<number, Present>> | undefined;

  constructor(
    private readonly connections: PostgresConnections,
    private readonly tables: readonly TablePlan[],
  ) {}

  async check(relation: Relation, table: TablePlan): Promise<SchemaEvent[]> {
    const replaced = await replacedColumn(this.connections, [table]);
    if (replaced) return [{ op: 'schema', finding: replaced, stops: true }];
    const fingerprint = JSON.stringify(relation);
    // With identity FULL the log does not show the key, so a message sent again may stand for another one.
    if (relation.identity === 'f' && this.passed.has(relation.id)) this.present = undefined;
    else if (this.passed.get(relation.id) === fingerprint) return [];
    const findings = await this.differences(relation, table);
    if (findings.length > 0) return findings.map((finding) => ({ op: 'schema', finding, stops: true }));
    this.passed.set(relation.id, fingerprint);
    return this.added(relation, table).map((column) => ({
      op: 'schema',
      finding: addedFinding(table, column),
      stops: false,
    }));
  }

  private async differences(relation: Relation, table: TablePlan): Promise<Finding[]> {
    const before = await this.present;
    if (before && differences(relation, table, before.get(table.index)).length === 0) return [];
    this.present = this.read();
    return differences(relation, table, (await this.present).get(table.index));
  }

  private async read(): Promise<Map<number, Present>> {
    const [catalogue, attributes] = await Promise.all([
      readCatalogue(this.connections, [...new Set(this.tables.map((table) => table.schema))]),
      this.connections.query<AttributeRow & Record<string, unknown>>(ATTRIBUTES, [
        this.tables.map((table) => table.sourceId),
      ]),
    ]);
    return new Map(this.tables.map((table) => [table.index, presentOf(table, catalogue, attributes)]));
  }

  /** Against the first image of the table that this stream has seen. */
  private added(relation: Relation, table: TablePlan): string[] {
    const known = this.columns.get(table.index);
    const now = new Set(relation.columns.map((column) => column.name));
    this.columns.set(table.index, known ? new Set([...known, ...now]) : now);
    return known ? [...now].filter((name) => !known.has(name)) : [];
  }
}

function presentOf(table: TablePlan, catalogue: Catalogue, attributes: readonly AttributeRow[]): Present {
  const own = attributes.filter((attribute) => attribute.relation === table.sourceId);
  return {
    table: catalogue.tables.find(({ sourceId }) => sourceId === table.sourceId),
    types: new Map(own.map(({ name, type, modifier }) => [name, { typeId: type, modifier }])),
  };
}

/** Everything about the table that the plan rests on and that is not so any more. */
function differences(relation: Relation, table: TablePlan, present: Present | undefined): Finding[] {
  const name = qualifiedName(table);
  if (relation.schema !== table.schema || relation.name !== table.name) {
    return [changed(name, `The table ${name} is now ${qualifiedName(relation)}.`)];
  }
  if (!present?.table) return [changed(name, `The table ${name} is no longer there.`)];
  const inLog = new Map(relation.columns.map((column) => [column.name, column]));
  const findings: Finding[] = [];
  for (const column of table.columns) {
    const change = columnChange(column, inLog.get(column.name), present);
    if (change) findings.push(changed(`${name}.${column.name}`, `The column ${column.name} of ${name} ${change}.`));
  }
  if (findings.length === 0 && !keyStands(relation, table, present.table)) {
    findings.push(
      changed(
        name,
        `The key of ${name} is no longer (${keyNames(table).join(', ')}), or no longer its replica identity.`,
      ),
    );
  }
  return findings;
}

function columnChange(column: ColumnPlan, inLog: RelationColumn | undefined, present: Present): string | undefined {
  if (!inLog) return 'was dropped or renamed';
  const now = present.types.get(column.name);
  if (!now) return 'was dropped or renamed';
  if (now.typeId !== inLog.typeId || now.modifier !== inLog.modifier) return 'has another type now';
  const planned = present.table?.columns.find(({ name }) => name === column.name);
  if (!planned) return 'was dropped or renamed';
  return isDeepStrictEqual(plain(planned.type), plain(column.type))
    ? undefined
    : `has another type now (${planned.type.name})`;
}

function keyStands(relation: Relation, table: TablePlan, present: SourceTable): boolean {
  const key = keyNames(table);
  if (!present.keys.some((candidate) => !candidate.deferrable && sameSet(candidate.columns, key))) return false;
  if (relation.identity === 'f') return true;
  return (
    relation.identity !== 'n' &&
    sameSet(
      relation.columns.filter((column) => column.key).map((column) => column.name),
      key,
    )
  );
}

function keyNames(table: TablePlan): string[] {
  return table.key.map((index) => (table.columns[index] as ColumnPlan).name);
}

function sameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name) => b.includes(name));
}

/** A plan has been through JSON. */
function plain(type: ValueType): unknown {
  return JSON.parse(JSON.stringify(type));
}

function changed(object: string, message: string): Finding {
  return {
    severity: 'blocker',
    code: SCHEMA_CHANGED,
    object,
    message,
    fix: 'Correct the job file where it names this, then run it with --fresh.',
  };
}

function addedFinding(table: TablePlan, column: string): Finding {
  const name = qualifiedName(table);
  return {
    severity: 'warning',
    code: COLUMN_ADDED,
    object: `${name}.${column}`,
    message: `The column ${column} was added to ${name}; it is left out until the next load.`,
    fix: 'Run the job with --fresh to take it in.',
  };
}
