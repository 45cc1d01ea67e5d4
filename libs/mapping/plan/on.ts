import { equalityFamily, type ForeignKey, type SourceTable } from '#model';
import { suggestion } from '../job-file/did-you-mean.js';
import type { Path } from '../job-file/problem.js';
import type { OnPairs } from './node-draft.js';
import type { Report } from './report.js';
import type { TableUse } from './table-use.js';

type On = Readonly<Record<string, string>>;

export interface OnRequest {
  kind: 'one' | 'many';
  child: TableUse;
  parent: TableUse;
  on: On | undefined;
  /** Of the embed. */
  path: Path;
}

/** How an embed's rows find their parent's: as `on` says, or as the one foreign key between the two tables does. */
export function resolveOn(request: OnRequest, report: Report): OnPairs | undefined {
  const pairs = request.on ? written(request, request.on, report) : inferred(request, report);
  if (!pairs) return undefined;
  const faults = pairs.child.map((_, i) => comparisonFault(request, pairs, i));
  faults.forEach((fault, i) => {
    if (fault === undefined) return;
    const theirs = request.child.column(pairs.child[i] as number).name;
    report.atKey(request.on ? [...request.path, 'on', theirs] : request.path, 'ON_NOT_COMPARABLE', fault);
  });
  if (faults.some((fault) => fault !== undefined)) return undefined;
  if (request.kind === 'one') uniqueFinding(request, pairs, report);
  return keyOrder(pairs, request);
}

function uniqueFinding({ child, path }: OnRequest, pairs: OnPairs, report: Report): void {
  const joined = pairs.child.map((column) => child.column(column).name);
  if (child.source.keys.some((key) => key.columns.every((column) => joined.includes(column)))) return;
  report.finding('ONE_NOT_UNIQUE', {
    severity: 'info',
    object: path.filter((_, i) => i % 2 === 1).join('.'),
    message: `no key of ${child.label} says that (${joined.join(', ')}) has one row at most; where it has more, the document is a dead letter`,
    fix: 'join by a key, or embed `many`',
  });
}

function written(request: OnRequest, on: On, report: Report): OnPairs | undefined {
  const { child, parent, path } = request;
  const entries = Object.entries(on);
  if (entries.length === 0) {
    report.atValue([...path, 'on'], 'ON_NOT_INFERRED', '`on` is empty: write {their column: my column}');
    return undefined;
  }
  const pairs: OnPairs = { child: [], parent: [] };
  for (const [theirs, mine] of entries) {
    const turned =
      child.indexOf(theirs) < 0 && parent.indexOf(mine) < 0 && child.indexOf(mine) >= 0 && parent.indexOf(theirs) >= 0;
    if (turned) {
      report.atKey(
        [...path, 'on', theirs],
        'UNKNOWN_COLUMN',
        `\`on\` is {their column: my column}; here it is the other way round: write {${mine}: ${theirs}}`,
      );
      continue;
    }
    const childColumn = child.find(theirs, [...path, 'on', theirs], 'key', report);
    const parentColumn = parent.find(mine, [...path, 'on', theirs], 'value', report);
    if (childColumn === undefined || parentColumn === undefined) continue;
    pairs.child.push(childColumn);
    pairs.parent.push(parentColumn);
  }
  return pairs.child.length === entries.length ? pairs : undefined;
}

/** Of an embed whose table is unknown: the columns of the table that it stands in. */
export function checkMine(on: On | undefined, parent: TableUse, path: Path, report: Report): void {
  for (const [theirs, mine] of Object.entries(on ?? {})) parent.find(mine, [...path, 'on', theirs], 'value', report);
}

/** Of an embed in an unknown table: the columns of its own table. */
export function checkTheirs(on: On | undefined, child: TableUse, path: Path, report: Report): void {
  for (const theirs of Object.keys(on ?? {})) child.find(theirs, [...path, 'on', theirs], 'key', report);
}

function inferred(request: OnRequest, report: Report): OnPairs | undefined {
  const { child, parent, path, kind } = request;
  const mine = references(parent.source, child.source);
  const theirs = references(child.source, parent.source);
  const [expected, other] = kind === 'one' ? [mine, theirs] : [theirs, mine];
  const chosen = expected.length > 0 ? expected : other;
  const [only] = chosen;
  if (!only || chosen.length > 1) {
    const why = only
      ? `${chosen.length} foreign keys join ${parent.label} and ${child.label} (${chosen.map((key) => key.name).join(', ')})`
      : `no foreign key joins ${parent.label} and ${child.label}`;
    report.atKey(
      path,
      'ON_NOT_INFERRED',
      `${why}: write \`on: { <column of ${child.label}>: <column of ${parent.label}> }\`${only ? `, such as ${example(only, chosen === mine)}` : ''}`,
    );
    return undefined;
  }
  const own = only.columns;
  const far = only.references.columns;
  const byName = (table: TableUse, names: string[]): number[] => names.map((name) => table.indexOf(name));
  return chosen === mine
    ? { child: byName(child, far), parent: byName(parent, own) }
    : { child: byName(child, own), parent: byName(parent, far) };
}

function references(from: SourceTable, to: SourceTable): ForeignKey[] {
  return from.foreignKeys.filter((key) => key.references.schema === to.schema && key.references.table === to.name);
}

function example(key: ForeignKey, fromParent: boolean): string {
  const pairs = key.columns.map((own, i) =>
    fromParent ? `${key.references.columns[i]}: ${own}` : `${own}: ${key.references.columns[i]}`,
  );
  return `{ ${pairs.join(', ')} }`;
}

function comparisonFault({ child, parent }: OnRequest, pairs: OnPairs, i: number): string | undefined {
  const theirs = child.column(pairs.child[i] as number);
  const mine = parent.column(pairs.parent[i] as number);
  for (const [table, column] of [
    [child, theirs],
    [parent, mine],
  ] as const) {
    if (column.generated)
      return `${table.label}.${column.name} is generated, so the source's log does not have it: join by other columns`;
    if (column.notComparable !== undefined)
      return `${table.label}.${column.name} cannot be joined by: ${column.notComparable}`;
    if (equalityFamily(column.type) === null)
      return `${table.label}.${column.name} cannot be joined by: values of type ${column.type.name} have no exact equality outside the source`;
  }
  if (equalityFamily(theirs.type) === equalityFamily(mine.type)) return undefined;
  return (
    `${child.label}.${theirs.name} (${theirs.type.name}) and ${parent.label}.${mine.name} (${mine.type.name}) cannot be equal: join columns of one kind` +
    suggestion(mine.name, sameFamily(parent, theirs.type, mine.name))
  );
}

function sameFamily(table: TableUse, type: Parameters<typeof equalityFamily>[0], not: string): string[] {
  return table.source.columns
    .filter((c) => c.name !== not && equalityFamily(c.type) === equalityFamily(type))
    .map((c) => c.name);
}

/**
 * Puts the pairs into the order of a key that one side's columns are, so that side is found by its key. Where both sides
 * are keys, and in different orders, the one that is looked up goes first.
 */
function keyOrder(pairs: OnPairs, { kind, child, parent }: OnRequest): OnPairs {
  const sides = [
    { columns: pairs.child, key: child.keyColumns },
    { columns: pairs.parent, key: parent.keyColumns },
  ];
  if (kind === 'many') sides.reverse();
  const side = sides.find(({ columns, key }) => sameSet(columns, key));
  if (!side) return pairs;
  const order = side.key.map((column) => side.columns.indexOf(column));
  return { child: order.map((i) => pairs.child[i] as number), parent: order.map((i) => pairs.parent[i] as number) };
}

function sameSet(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && new Set(a).size === a.length && a.every((column) => b.includes(column));
}
