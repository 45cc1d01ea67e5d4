import { Script } from 'node:vm';
import { suggestion } from '../job-file/did-you-mean.js';
import type { Path } from '../job-file/problem.js';
import type { Report } from './report.js';
import type { TableUse } from './table-use.js';

/** Why the text is no JavaScript expression; undefined where it is one. It is parsed, never run. */
export function expressionFault(source: string): string | undefined {
  for (const [open, close] of [
    ['(', ')'],
    ['[', ']'],
  ] as const) {
    try {
      new Script(`"use strict"; ${open}${source}\n${close}`);
    } catch (error) {
      return (error as Error).message;
    }
  }
  return undefined;
}

/** Syntax, and the columns that it names: a misspelt one would be `undefined` in every row. Keeps the table's columns. */
export function checkExpressionAt(source: string, path: Path, table: TableUse, report: Report): void {
  table.useAll();
  const fault = expressionFault(source);
  if (fault !== undefined) {
    report.atValue(path, 'EXPRESSION_SYNTAX', `not a JavaScript expression: ${fault}`);
    return;
  }
  const names = table.source.columns.map((column) => column.name);
  for (const name of namedColumns(source)) {
    const column = table.source.columns.find((c) => c.name === name);
    if (!column)
      report.atValue(
        path,
        'UNKNOWN_COLUMN',
        `the expression names columns.${name}, but ${table.label} has no column ${name}${suggestion(name, names)}`,
      );
    else if (column.generated)
      report.atValue(
        path,
        'COLUMN_IS_GENERATED',
        `the expression names columns.${name}, but a generated column is not in the source's log: use the columns that it is made of`,
      );
  }
}

const TEXT_OR_COMMENT = /'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|\/\*.*?\*\/|\/\/[^\n]*/gs;
const NAMED = /(?<![\w$.])columns\s*(?:\?\.|\.)\s*([\p{ID_Start}_$][\p{ID_Continue}$]*)/gu;
const QUOTED = /(?<![\w$.])columns\s*(?:\?\.)?\[\s*(?:'([^'\\]*)'|"([^"\\]*)")\s*\]/gu;

function namedColumns(source: string): Set<string> {
  const code = source.replace(TEXT_OR_COMMENT, "''");
  const names = [...code.matchAll(NAMED)].map((match) => match[1] as string);
  if (!/['"`]/.test(source.replace(QUOTED, '')))
    names.push(...[...source.matchAll(QUOTED)].map((match) => match[1] ?? (match[2] as string)));
  return new Set(names.filter((name) => !(name in Object.prototype)));
}
