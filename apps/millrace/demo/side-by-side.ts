import { stripVTControlCharacters } from 'node:util';
import { readable } from '../extended-json.js';
import { table } from '../output/tables.js';
import type { Colours } from '../terminal.js';
import type { SourceRows } from './shop.js';

const GAP = '  │  ';
const NARROWEST = 44;

/** The rows on the left, the document that they became on the right; one below the other where there is no room. */
export function sideBySide(
  rows: readonly SourceRows[],
  document: object | undefined,
  colours: Colours,
  width: number,
): string {
  const left = rows.flatMap((part) => [...formatRows(part, colours), '']);
  const leftWidth = Math.max(...left.map(visibleLength));
  const room = Math.max(NARROWEST, width - leftWidth - GAP.length - 2);
  const right = document === undefined ? ['no document'] : readable(document, room).split('\n');
  const heads = [colours.dim('rows in PostgreSQL'), colours.dim('document in MongoDB, shop.orders')] as const;
  if (leftWidth + GAP.length + 2 + Math.max(...right.map((line) => line.length)) > width) {
    return [heads[0], ...left, heads[1], ...right].map((line) => `  ${line}`.trimEnd()).join('\n');
  }
  const both = [[heads[0], heads[1]] as const, ...zip(left, right)];
  return both
    .map(([row, line]) => `  ${row}${' '.repeat(leftWidth - visibleLength(row))}${colours.dim(GAP)}${line}`.trimEnd())
    .join('\n');
}

function formatRows({ table: name, rows }: SourceRows, colours: Colours): string[] {
  const [first] = rows;
  if (!first) return [`${colours.bold(name)} ${colours.dim('no rows')}`];
  const head = Object.keys(first);
  const cells = rows.map((row) => head.map((column) => (row[column] === null ? 'null' : String(row[column]))));
  return [
    colours.bold(name),
    ...table(head, cells, colours)
      .split('\n')
      .map((line) => `  ${line}`),
  ];
}

function zip(left: readonly string[], right: readonly string[]): [string, string][] {
  return Array.from({ length: Math.max(left.length, right.length) }, (_, i) => [left[i] ?? '', right[i] ?? '']);
}

function visibleLength(text: string): number {
  return stripVTControlCharacters(text).length;
}
