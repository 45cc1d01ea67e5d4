import { type Catalogue, type ForeignKey, qualifiedName, type SourceTable } from '#model';
import { fieldNameFault } from '../job-file/names.js';
import { quotedName } from '../plan/table-names.js';
import { TableUse } from '../plan/table-use.js';
import { collectionNames, describeTable, embedNames, Names, oneLine, renames } from './names.js';
import { followable, keyOf, type OwnedTable, type Ownership, ownershipOf, parentOf } from './ownership.js';
import { key, list, map, value } from './yaml-words.js';

export interface SuggestOptions {
  /** A valid job name (see `jobNameOf`). */
  job: string;
  /** Of the target; absent: as the job. */
  database?: string;
  /** Only tables of these schemas; absent: all that the catalogue has. */
  schemas?: readonly string[];
}

/** A look-up has at most so many columns. */
const FEW_COLUMNS = 5;

/**
 * A commented job file for a schema that nobody has described: collections, and in them the tables that belong to them.
 * It reads and compiles without a problem, and holds no URI.
 */
export function suggestJobFile(catalogue: Catalogue, options: SuggestOptions): string {
  return new Suggestion(catalogue, options).write();
}

/** A job name made of any text, such as a database's name. */
export function jobNameOf(text: string): string {
  const name = text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replace(/^[^a-z]+/, '')
    .replace(/_+$/, '')
    .slice(0, 40);
  return name === '' ? 'migration' : name;
}

class Suggestion {
  private readonly ownership: Ownership;
  private readonly mapped: ReadonlyMap<string, SourceTable>;
  private readonly lookups: ReadonlySet<string>;
  private readonly database: string;

  constructor(
    private readonly catalogue: Catalogue,
    private readonly options: SuggestOptions,
  ) {
    this.ownership = ownershipOf(catalogue, options.schemas);
    const owned = [...this.ownership.owned.values()].flat().map((child) => child.table);
    this.mapped = new Map([...this.ownership.collections, ...owned].map((table) => [qualifiedName(table), table]));
    this.lookups = new Set(this.ownership.collections.filter((table) => this.isLookup(table)).map(qualifiedName));
    const database = options.database ?? options.job;
    this.database = ['admin', 'local', 'config'].includes(database) ? `${database}_data` : database;
  }

  write(): string {
    const names = collectionNames(this.database);
    const collections = this.ownership.collections.flatMap((table) => {
      const name = names.take(table.name, `${table.schema}_${table.name}`);
      return ['', ...comment(table), `${key(name)}:`, ...indent(this.collection(table))];
    });
    const body =
      collections.length === 0
        ? ['collections: {} # no table has a key to map it by']
        : ['collections:', ...indent(collections.slice(1))];
    return `${[...this.head(), ...body, ...this.leftOut()].join('\n').replaceAll(/[ ]+$/gm, '')}\n`;
  }

  private head(): string[] {
    return [
      '# A first mapping, suggested from the keys and foreign keys of the source. Make it yours:',
      '# `millrace preview` shows the documents, `millrace check` what stands in the way, `millrace schema` the grammar.',
      `job: ${this.options.job}`,
      'mode: continuous # load, then follow the changes; snapshot: load once',
      'source:',
      '  kind: postgres',
      '  uri: ${MILLRACE_SOURCE_URI}',
      'target:',
      '  uri: ${MILLRACE_TARGET_URI} # a replica set or sharded cluster',
      `  database: ${value(this.database)}`,
      'onError: deadLetter # a document that cannot be written waits as a dead letter; stop: the job stops',
      'defaults:',
      '  fieldNames: asIs # or camelCase, snake_case, PascalCase',
      '  nulls: keep # NULL becomes null; omit: the field is left out',
    ];
  }

  private leftOut(): string[] {
    if (this.ownership.keyless.length === 0) return [];
    return [
      '',
      '# Left out, since without a primary key (or a unique index over NOT NULL columns that can serve) changes cannot be followed:',
      ...this.ownership.keyless.map((table) => `#   ${describeTable(table)}`),
    ];
  }

  private collection(table: SourceTable): string[] {
    const id = new TableUse(table, 0).idKey?.columns ?? [];
    const idColumn = id.length === 1 ? id[0] : undefined;
    return [
      `table: ${value(quotedName(table))}`,
      ...this.rest(table, [], renames(table, true, idColumn), true, undefined),
    ];
  }

  /** `fields` and `embed` of a table's documents, without the columns of `on`. */
  private rest(
    table: SourceTable,
    onColumns: readonly string[],
    renamed: Map<string, string>,
    isRoot: boolean,
    toParent: ForeignKey | undefined,
  ): string[] {
    const generated = table.columns.filter((column) => column.generated).map((column) => column.name);
    const omitted = [...onColumns, ...generated];
    const names = new Names(
      fieldNameFault,
      table.columns.map((column) => renamed.get(column.name) ?? column.name).concat(isRoot ? ['_id'] : []),
    );
    const active = (this.ownership.owned.get(qualifiedName(table)) ?? []).flatMap((child) => this.owned(child, names));
    const offered = this.offers(table, names, toParent);
    return [...fieldLines(omitted, renamed, generated), ...embedLines(active, offered)];
  }

  private owned({ table, foreignKey, far }: OwnedTable, names: Names): string[] {
    const on = foreignKey.columns.map((column, i) => [column, foreignKey.references.columns[i] as string] as const);
    const farColumn = far?.columns.length === 1 ? (far.columns[0] as string) : undefined;
    const rows = embedNames(table);
    const name = farColumn === undefined ? names.take(...rows) : names.take(far?.references.table ?? '', ...rows);
    const single = keyOf(table)?.every((column) => foreignKey.columns.includes(column)) === true;
    const head = [
      ...comment(table),
      `${key(name)}:${far ? ` # ${farColumn === undefined ? 'rows' : 'keys'} of ${oneLine(far.references.table)}` : single ? ' # one at most: `one` instead of `many` embeds a document' : ''}`,
      `  many: ${value(quotedName(table))}`,
      `  on: ${map(on)} # their column: my column`,
    ];
    if (farColumn !== undefined) return [...head, `  value: ${value(farColumn)}`];
    return [
      ...head,
      ...indent(this.rest(table, foreignKey.columns, renames(table, false, undefined), false, foreignKey)),
    ];
  }

  /** Look-ups that this table references: embeds to be had by removing the comment signs. */
  private offers(table: SourceTable, names: Names, toParent: ForeignKey | undefined): string[] {
    return followable(table, this.mapped)
      .filter((fk) => fk !== toParent && this.lookups.has(parentOf(fk)))
      .flatMap((fk) => {
        const lookup = this.mapped.get(parentOf(fk)) as SourceTable;
        const on = fk.columns.map((column, i) => [fk.references.columns[i] as string, column] as const);
        const generated = lookup.columns.filter((column) => column.generated).map((column) => column.name);
        const by = fk.columns.length === 1 ? (fk.columns[0] as string).replace(/_?id$/i, '') : '';
        const name = names.take(...(by === '' ? [] : [by]), ...embedNames(lookup));
        return [
          `${key(name)}:`,
          `  one: ${value(quotedName(lookup))}`,
          `  on: ${map(on)}`,
          ...indent(fieldLines(generated, renames(lookup, false, undefined), generated)),
        ];
      });
  }

  private isLookup(table: SourceTable): boolean {
    const name = qualifiedName(table);
    const referenced = this.catalogue.tables.some(
      (other) => other !== table && other.foreignKeys.some((fk) => parentOf(fk) === name),
    );
    return referenced && table.foreignKeys.length === 0 && table.columns.length <= FEW_COLUMNS;
  }
}

function comment(table: SourceTable): string[] {
  const text = oneLine(table.comment ?? '');
  return text === '' ? [] : [`# ${text}`];
}

function fieldLines(
  omitted: readonly string[],
  renamed: ReadonlyMap<string, string>,
  generated: readonly string[],
): string[] {
  const names = [...new Set(omitted)];
  const kept = [...renamed].filter(([column]) => !names.includes(column));
  const omit = names.length > 0 ? [`omit: ${list(names)}`] : [];
  const rename = kept.length > 0 ? [`rename: ${map(kept)}`] : [];
  if (omit.length + rename.length === 0) return [];
  const why = generated.length > 0 ? " # generated columns are not in the source's log" : '';
  return [`fields: { ${[...omit, ...rename].join(', ')} }${why}`];
}

function embedLines(active: readonly string[], offered: readonly string[]): string[] {
  if (active.length === 0 && offered.length === 0) return [];
  if (active.length === 0)
    return commentedOut(['embed: # look-ups: remove the comment signs to embed them', ...indent(offered)]);
  const note = offered.length > 0 ? ['# look-ups: remove the comment signs to embed them'] : [];
  return ['embed:', ...indent(active), ...indent([...note, ...commentedOut(offered)])];
}

function commentedOut(lines: readonly string[]): string[] {
  return lines.map((line) => `# ${line}`);
}

function indent(lines: readonly string[]): string[] {
  return lines.map((line) => (line === '' ? '' : `  ${line}`));
}
