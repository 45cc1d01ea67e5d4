import type { JobStatus } from '#job';
import type { Colours } from '../terminal.js';
import { table } from './tables.js';
import { bytes, count, counted, duration, percent } from './units.js';

const PHASES: Record<JobStatus['phase'], string> = {
  none: 'has never run, or was completed or reset',
  checking: 'checking source and target',
  loading: 'loading rows',
  building: 'building documents',
  streaming: 'following changes',
  paused: 'paused',
  completing: 'completing',
  completed: 'completed',
  attention: 'needs attention',
};

export function phaseInWords(phase: JobStatus['phase']): string {
  return PHASES[phase];
}

export function formatStatus(status: JobStatus, colours: Colours): string {
  const { attention, trouble } = status;
  const mark = attention ? colours.red : status.phase === 'streaming' ? colours.green : colours.cyan;
  const running =
    status.phase === 'none' || status.phase === 'completed' ? '' : status.running ? ', running' : ', not running';
  const lines = [`${colours.bold(status.job)}  ${mark(status.phase)}  ${colours.dim(PHASES[status.phase] + running)}`];
  if (attention)
    lines.push(`${colours.red(attention.code)}: ${attention.message}`, colours.dim(`  ${attention.remedy}`));
  if (trouble) lines.push(colours.yellow(`being retried: ${trouble}`));
  if (status.tables.length > 0) lines.push('', tables(status, colours), '');
  if (status.built) lines.push(built(status.built, colours), '');
  lines.push(facts(status));
  return lines.join('\n');
}

function tables({ tables: all }: JobStatus, colours: Colours): string {
  const lines = all.map(({ table: name, rows, total, etaSeconds }) => progress(name, rows, total, etaSeconds));
  return table(['table', 'rows', 'of', 'done', 'left'], lines, colours, [1, 2, 3, 4]);
}

function built(all: NonNullable<JobStatus['built']>, colours: Colours): string {
  const lines = all.map(({ collection, roots, total, etaSeconds }) => progress(collection, roots, total, etaSeconds));
  return table(['collection', 'roots', 'of', 'built', 'left'], lines, colours, [1, 2, 3, 4]);
}

function progress(name: string, done: number, total: number, etaSeconds: number | undefined): string[] {
  return [name, count(done), count(total), percent(done, total), etaSeconds === undefined ? '' : duration(etaSeconds)];
}

function facts({ lagSeconds, deadLetters, retainedBytes }: JobStatus): string {
  return [
    lagSeconds === null ? 'no lag known' : `lag ${duration(lagSeconds)}`,
    counted(deadLetters, 'dead letter'),
    retained(retainedBytes),
  ].join(' · ');
}

function retained(amount: number | null): string {
  if (amount === null) return 'what the source retains is not known';
  return amount === 0 ? 'the source retains nothing for it' : `the source retains ${bytes(amount)} for it`;
}
