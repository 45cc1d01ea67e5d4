import type { JobEntry } from '#api';
import type { Colours } from '../terminal.js';
import { table } from './tables.js';
import { counted } from './units.js';

export function formatJobs(jobs: readonly JobEntry[], colours: Colours): string {
  if (jobs.length === 0) return 'No jobs yet: millrace jobs create FILE';
  const rows = jobs.map(({ job, wanted, ended, createdBy, changedAt }) => [
    job,
    wanted,
    endedInWords(ended),
    createdBy,
    changedAt,
  ]);
  return `${table(['job', 'wanted', 'ended', 'created by', 'asked last'], rows, colours)}\n${counted(jobs.length, 'job')}`;
}

function endedInWords(ended: JobEntry['ended']): string {
  if (ended === null) return '';
  return ended.error === null ? ended.kind : `${ended.kind}: ${ended.error.code}`;
}
