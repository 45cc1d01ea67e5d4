import { type Catalogue, equalityFamily, type ForeignKey, qualifiedName, type SourceTable } from '#model';
import { TableUse } from '../plan/table-use.js';

/** What the foreign keys of a catalogue say of who belongs to whom. */
export interface Ownership {
  /** Tables that get a collection, by name. */
  collections: SourceTable[];
  /** By the qualified name of the parent: what is embedded in it. */
  owned: Map<string, OwnedTable[]>;
  /** Tables that cannot be mapped: they have no key. */
  keyless: SourceTable[];
}

export interface OwnedTable {
  table: SourceTable;
  /** To the parent. */
  foreignKey: ForeignKey;
  /** Of a pure join table: the one to the far side. */
  far?: ForeignKey;
}

/**
 * Every table with a key is either a collection, or owned by exactly one parent: through a foreign key that is part of its
 * key, or NOT NULL with ON DELETE CASCADE. The same catalogue always gives the same answer, whatever its order.
 */
export function ownershipOf(catalogue: Catalogue, schemas?: readonly string[]): Ownership {
  const tables = catalogue.tables
    .filter(
      (table) =>
        (table.kind === 'table' || table.kind === 'partitioned') && (!schemas || schemas.includes(table.schema)),
    )
    .sort((a, b) => compare(qualifiedName(a), qualifiedName(b)));
  const keyed = tables.filter((table) => keyOf(table) !== undefined);
  const byName = new Map(keyed.map((table) => [qualifiedName(table), table]));
  const owners = new Map<string, OwnedTable>();
  for (const table of keyed) {
    const owner = ownerOf(table, byName);
    if (owner) owners.set(qualifiedName(table), owner);
  }
  for (const table of keyed) cutCycle(qualifiedName(table), owners);
  const owned = new Map<string, OwnedTable[]>();
  for (const child of owners.values()) {
    const parent = parentOf(child.foreignKey);
    owned.set(parent, [...(owned.get(parent) ?? []), child]);
  }
  return {
    collections: keyed.filter((table) => !owners.has(qualifiedName(table))),
    owned,
    keyless: tables.filter((table) => keyOf(table) === undefined),
  };
}

/** The columns of the key that the plan would take. */
export function keyOf(table: SourceTable): string[] | undefined {
  return new TableUse(table, 0).key?.columns;
}

/** Foreign keys that an embed can follow: to a table that is mapped, by columns that can be compared outside the source. */
export function followable(table: SourceTable, tables: ReadonlyMap<string, SourceTable>): ForeignKey[] {
  return table.foreignKeys.filter((key) => {
    const parent = tables.get(parentOf(key));
    return (
      parent &&
      key.columns.length > 0 &&
      key.columns.every((name, i) => comparable(table, name, parent, key.references.columns[i]))
    );
  });
}

export function parentOf(key: ForeignKey): string {
  return qualifiedName({ schema: key.references.schema, name: key.references.table });
}

function ownerOf(table: SourceTable, tables: ReadonlyMap<string, SourceTable>): OwnedTable | undefined {
  const key = keyOf(table) ?? [];
  const candidates = followable(table, tables)
    .filter((fk) => parentOf(fk) !== qualifiedName(table))
    .sort((a, b) => rank(a, key) - rank(b, key) || compare(a.name, b.name));
  const inKey = candidates.filter((fk) => fk.columns.every((column) => key.includes(column)));
  const join = joinOf(table, key, inKey);
  if (join) return join;
  const [first] = inKey;
  if (first) return { table, foreignKey: first };
  const cascading = candidates.filter(
    (fk) => fk.onDelete === 'cascade' && fk.columns.every((column) => isNotNull(table, column)),
  );
  const parents = new Set(cascading.map(parentOf));
  const [only] = cascading;
  return only && parents.size === 1 ? { table, foreignKey: only } : undefined;
}

/** Nothing but two foreign keys that together are the key: an array of the far side's keys in the near side. */
function joinOf(table: SourceTable, key: string[], inKey: ForeignKey[]): OwnedTable | undefined {
  const pure = table.columns.every((column) => key.includes(column.name));
  for (const near of pure ? inKey : []) {
    const far = table.foreignKeys.find(
      (fk) =>
        fk !== near && disjoint(fk.columns, near.columns) && fk.columns.length + near.columns.length === key.length,
    );
    if (far) return { table, foreignKey: near, far };
  }
  return undefined;
}

/** The one whose rows cascade, then the one whose columns lead the key. */
function rank(fk: ForeignKey, key: string[]): number {
  const leading = Math.min(...fk.columns.map((column) => (key.includes(column) ? key.indexOf(column) : 1000)));
  return leading + (fk.onDelete === 'cascade' ? 0 : 10_000);
}

/** Where owners go round in a circle, its first table by name owns itself. */
function cutCycle(start: string, owners: Map<string, OwnedTable>): void {
  const seen: string[] = [];
  let name: string | undefined = start;
  while (name !== undefined && !seen.includes(name)) {
    seen.push(name);
    const owner: OwnedTable | undefined = owners.get(name);
    name = owner && parentOf(owner.foreignKey);
  }
  if (name === undefined) return;
  const [first] = seen.slice(seen.indexOf(name)).sort(compare);
  owners.delete(first as string);
}

function comparable(table: SourceTable, name: string, parent: SourceTable, farName: string | undefined): boolean {
  const column = table.columns.find((c) => c.name === name);
  const far = parent.columns.find((c) => c.name === farName);
  if (!column || !far) return false;
  const sound = [column, far].every(
    (c) => !c.generated && c.notComparable === undefined && equalityFamily(c.type) !== null,
  );
  return sound && equalityFamily(column.type) === equalityFamily(far.type);
}

function isNotNull(table: SourceTable, name: string): boolean {
  return table.columns.find((column) => column.name === name)?.nullable === false;
}

function disjoint(a: readonly string[], b: readonly string[]): boolean {
  return !a.some((name) => b.includes(name));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
