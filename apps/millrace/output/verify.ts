import { EXIT } from '#errors';
import type { VerifyDocument, VerifyReport } from '#job';
import { readableValue, typedValue } from '../extended-json.js';
import type { Colours } from '../terminal.js';
import { count, counted } from './units.js';

/** An edited document is what its operator wanted: it is reported, and is no difference. */
export function verifyExit(report: VerifyReport): number {
  return differences(report) === 0 ? EXIT.done : EXIT.differences;
}

export function differences({ different, missing, extra, deadLetters }: VerifyReport): number {
  return different + missing + extra + deadLetters;
}

export function formatVerify(report: VerifyReport, colours: Colours): string {
  const lines = report.documents.map((document) => formatDocument(document, colours));
  const listed = report.documents.filter(({ kind }) => kind !== 'edited').length;
  const unlisted = differences(report) - listed;
  if (unlisted > 0 && listed > 0) lines.push(colours.dim(`… and ${counted(unlisted, 'more document')}`));
  lines.push(verdict(report, colours));
  return lines.join('\n');
}

function verdict(report: VerifyReport, colours: Colours): string {
  const edited = report.edited > 0 ? `, ${count(report.edited)} edited by hand` : '';
  const repaired = report.repaired ? `, ${count(report.repaired)} repaired` : '';
  if (differences(report) === 0) {
    return `${colours.green('✓ equal:')} ${counted(report.equal, 'document')} as the source says${repaired}${edited}`;
  }
  const parts = (['different', 'missing', 'extra'] as const)
    .filter((kind) => report[kind] > 0)
    .map((kind) => `${count(report[kind])} ${kind}`);
  if (report.deadLetters > 0) parts.push(counted(report.deadLetters, 'dead letter'));
  return `${colours.red('✗ not equal:')} ${parts.join(', ')}; ${count(report.equal)} equal${repaired}${edited}`;
}

function formatDocument({ collection, id, kind, path, expected, found }: VerifyDocument, colours: Colours): string {
  const mark = kind === 'edited' ? colours.cyan(kind) : colours.yellow(kind === 'deadLetter' ? 'dead letter' : kind);
  const head = `${mark} ${colours.bold(collection)} ${readableValue(id)}`;
  if (kind !== 'different' || path === undefined) return head;
  const [wanted, present] = told(expected, found);
  return `${head} ${path}: expected ${wanted}, found ${present}`;
}

/** With their types where only these differ. */
function told(expected: unknown, found: unknown): [string, string] {
  const values: [string, string] = [readableValue(expected), readableValue(found)];
  return values[0] === values[1] ? [typedValue(expected), typedValue(found)] : values;
}
