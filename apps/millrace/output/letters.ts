import type { LetterSummary, ReplayReport } from '#job';
import { readable } from '../extended-json.js';
import type { Colours } from '../terminal.js';
import { table } from './tables.js';
import { count, counted } from './units.js';

export function formatLetters(letters: readonly LetterSummary[], colours: Colours): string {
  if (letters.length === 0) return colours.green('No dead letters.');
  const rows = letters.map(({ id, collection, key, code, attempts, lastAt, message }) => [
    id,
    collection,
    Object.entries(key)
      .map(([name, value]) => `${name}=${value ?? 'null'}`)
      .join(' '),
    code,
    count(attempts),
    lastAt,
    message,
  ]);
  const head = ['id', 'collection', 'key', 'code', 'tries', 'last', 'message'];
  return `${table(head, rows, colours, [4])}\n${counted(letters.length, 'dead letter')}`;
}

export function formatReplay(report: ReplayReport, colours: Colours): string {
  if (report.documents)
    return report.documents.map((document) => formatDryRun(document, colours)).join('\n') || 'Nothing to replay.';
  const { replayed, cleared, remaining } = report;
  const mark = remaining === 0 ? colours.green('✓') : colours.yellow('!');
  return `${mark} ${count(replayed)} replayed: ${count(cleared)} written, ${count(remaining)} still dead letters`;
}

function formatDryRun(entry: NonNullable<ReplayReport['documents']>[number], colours: Colours): string {
  const head = `${colours.bold(entry.id)} ${entry.collection}:`;
  if (entry.code !== undefined) return `${head} ${colours.red(entry.code)} ${entry.message ?? ''}`;
  return entry.document === null ? `${head} would be deleted` : `${head} would be\n${readable(entry.document)}`;
}
