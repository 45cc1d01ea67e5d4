import { qualifiedName, type SourceTable } from '#model';
import { collectionNameFault, fieldNameFault } from '../job-file/names.js';

/** Names of one document or database: each taken once, the wanted one as nearly as it can be. */
export class Names {
  private readonly taken: Set<string>;

  constructor(
    private readonly fault: (name: string) => string | undefined,
    taken: Iterable<string> = [],
  ) {
    this.taken = new Set(taken);
  }

  take(...wanted: string[]): string {
    const free = (name: string): boolean => !this.taken.has(name) && this.fault(name) === undefined;
    let name = wanted.find(free);
    const base = mended(wanted[0] ?? '');
    for (let n = 1; name === undefined; n++) {
      const candidate = n === 1 ? base : `${base}_${n}`;
      if (free(candidate)) name = candidate;
    }
    this.taken.add(name);
    return name;
  }
}

/** Without what MongoDB does not take. */
function mended(name: string): string {
  const short = [...name.replace(/^\$+/, '').replaceAll(/[.$\0]/g, '_')].slice(0, 48).join('');
  return short === '' || short === '_id' ? `${short}_` : short;
}

export function collectionNames(database: string): Names {
  return new Names((name) => collectionNameFault(name, database));
}

/** By column: the name that `rename` has to give it, where its own is not one for a document. */
export function renames(table: SourceTable, isRoot: boolean, idColumn: string | undefined): Map<string, string> {
  const columns = table.columns.filter((column) => !column.generated).map((column) => column.name);
  const odd = (name: string): boolean =>
    fieldNameFault(name) !== undefined || (isRoot && name === '_id' && idColumn !== '_id');
  const names = new Names(
    (name) => (isRoot && name === '_id' ? 'taken' : fieldNameFault(name)),
    columns.filter((name) => !odd(name)),
  );
  return new Map(columns.filter(odd).map((name) => [name, names.take(name)]));
}

/** What a table's rows are called inside a document: by the table, and where that is taken, by schema or as its rows. */
export function embedNames(table: SourceTable): [string, ...string[]] {
  return [table.name, `${table.name}_rows`, `${table.schema}_${table.name}`];
}

export function describeTable(table: SourceTable): string {
  return oneLine(qualifiedName(table));
}

/** For comments: on one line, and not too long. */
export function oneLine(text: string): string {
  const line = text.replaceAll(/[\p{Cc}\u2028\u2029\s]+/gu, ' ').trim();
  return line.length > 100 ? `${line.slice(0, 99)}…` : line;
}
