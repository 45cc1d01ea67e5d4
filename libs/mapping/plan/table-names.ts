import { type Catalogue, qualifiedName, type SourceTable } from '#model';
import { suggestion } from '../job-file/did-you-mean.js';
import type { JobFileCode } from '../mapping.codes.js';

export type FoundTable = { table: SourceTable } | { code: JobFileCode; message: string };

/**
 * The table that a job file names: `schema.table`, `table` (where it is the only one of that name, or in `public`), and
 * `"Odd schema"."odd.table"` with quotes as in SQL. Unquoted names are taken as they stand, capitals and dots too.
 */
export function findTable(catalogue: Catalogue, text: string): FoundTable {
  const matches = matching(catalogue, text.trim());
  const [only] = matches;
  if (!only)
    return {
      code: 'UNKNOWN_TABLE',
      message: `the source has no table ${text}${suggestion(text, candidates(catalogue, text))}`,
    };
  if (matches.length > 1) {
    const names = matches.map(quotedName).join(', ');
    return { code: 'AMBIGUOUS_TABLE', message: `${text} is the name of several tables: write one of ${names}` };
  }
  if (only.kind === 'view' || only.kind === 'foreign') {
    const kind = only.kind === 'view' ? 'a view' : 'a foreign table';
    return {
      code: 'NOT_A_TABLE',
      message: `${text} is ${kind}, which has no key and no log of changes: map the tables that it reads`,
    };
  }
  return { table: only };
}

function matching(catalogue: Catalogue, text: string): SourceTable[] {
  const parts = text.includes('"') ? quotedParts(text) : undefined;
  if (parts)
    return parts.length === 2
      ? catalogue.tables.filter((t) => t.schema === parts[0] && t.name === parts[1])
      : named(catalogue, parts[0] as string);
  const qualified = catalogue.tables.filter((table) => qualifiedName(table) === text);
  return qualified.length > 0 ? qualified : named(catalogue, text);
}

/** Without a schema: the one in `public` if there is one, else all of that name. */
function named(catalogue: Catalogue, name: string): SourceTable[] {
  const matches = catalogue.tables.filter((table) => table.name === name);
  const inPublic = matches.filter((table) => table.schema === 'public');
  return inPublic.length > 0 ? inPublic : matches;
}

/** `a."b.c"` → [a, b.c]; undefined where it is not one or two parts, each plain or quoted. */
function quotedParts(text: string): string[] | undefined {
  const match = /^(?:("(?:[^"]|"")+"|[^".]+)\.)?("(?:[^"]|"")+"|[^".]+)$/.exec(text);
  if (!match) return undefined;
  return match
    .slice(1)
    .filter((part) => part !== undefined)
    .map((part) => (part.startsWith('"') ? part.slice(1, -1).replaceAll('""', '"') : part));
}

function candidates(catalogue: Catalogue, text: string): string[] {
  const usable = catalogue.tables.filter((table) => table.kind === 'table' || table.kind === 'partitioned');
  return usable.map((table) => (text.includes('.') ? qualifiedName(table) : table.name));
}

const PLAIN = /^[^\s."]+$/;

/** A name that `findTable` finds again: quoted only where it has to be. */
export function quotedName(table: { schema: string; name: string }): string {
  const quote = (part: string): string => (PLAIN.test(part) ? part : `"${part.replaceAll('"', '""')}"`);
  return `${quote(table.schema)}.${quote(table.name)}`;
}

/** The same in the source's own SQL, where every part is quoted. */
export function sqlName(...parts: string[]): string {
  return parts.map((part) => `"${part.replaceAll('"', '""')}"`).join('.');
}
