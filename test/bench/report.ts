import Table from 'cli-table3';
import type { Mark, Summary } from './figures.js';
import type { Machine } from './machine.js';

export interface Report {
  machine: Machine;
  versions: Record<string, string>;
  runs: number;
  rowsScale: number;
  figures: Summary[];
}

/** For a person: what was measured where, and a line for each figure. */
export function formatReport({ machine, versions, runs, rowsScale, figures }: Report): string {
  const programs = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const head = [
    `${machine.cores} cores of ${machine.cpu}, ${machine.memoryGib} GiB, ${machine.system}`,
    `${programs.join(', ')}, Node ${machine.node}, commit ${machine.commit}, ${machine.startedAt}`,
    `${runs} ${runs === 1 ? 'run' : 'runs'}, rows × ${rowsScale}, load average before the start ${machine.loadAverage}`,
  ];
  const table = new Table({
    head: ['measure', 'figure', 'median', 'spread', 'unit', 'mark', ''],
    style: { head: [], border: [], compact: true },
    colAligns: ['left', 'left', 'right', 'right', 'left', 'right', 'left'],
  });
  table.push(...figures.map(cells));
  const notes = [...head, table.toString()];
  if (process.platform !== 'linux') notes.push('The CPU of MongoDB is told on Linux only.');
  if (machine.loadAverage > machine.cores / 4)
    notes.push('The machine was not quiet at the start: others share these figures.');
  if (rowsScale !== 1) notes.push('The marks are for all the rows (--rows-scale 1).');
  return notes.join('\n');
}

function cells({ measure, name, median, least, most, unit, mark, reached }: Summary): string[] {
  const spread = least === most ? '' : `${rounded(least)} – ${rounded(most)}`;
  return [
    measure,
    name,
    rounded(median),
    spread,
    unit,
    mark ? inWords(mark) : '',
    reached === undefined ? '' : reached ? '✓' : '✗',
  ];
}

function inWords({ atLeast, below }: Mark): string {
  return atLeast === undefined ? `< ${rounded(below ?? 0)}` : `≥ ${rounded(atLeast)}`;
}

function rounded(value: number): string {
  const digits = value < 10 ? 2 : value < 100 ? 1 : 0;
  return new Intl.NumberFormat('en-US', { maximumFractionDigits: digits }).format(value);
}
