import type { JobCommands, LetterFilter, ReplayReport } from '#job';

export interface ReplayWanted {
  wanted: { all: boolean; ids: string[] } | LetterFilter;
  dryRun: boolean;
  by: string;
}

/** As many ids as are asked of the job at once. */
const PAGE = 1_000;

/** Tries letters again; of a filter those that pass it, page by page as they are found. */
export async function replay(
  job: JobCommands,
  { wanted, dryRun, by }: ReplayWanted,
  signal: AbortSignal,
): Promise<ReplayReport> {
  if ('ids' in wanted) return job.replayLetters({ ...wanted, dryRun }, by, signal);
  const sum: ReplayReport = { replayed: 0, cleared: 0, remaining: 0 };
  for (let after: string | undefined; ; ) {
    const { letters, next } = await job.lettersPage(wanted, { after, limit: PAGE });
    if (letters.length > 0) {
      const ids = letters.map(({ id }) => id);
      add(sum, await job.replayLetters({ ids, all: false, dryRun }, by, signal));
    }
    if (next === null) return sum;
    after = next;
  }
}

function add(sum: ReplayReport, { replayed, cleared, remaining, documents }: ReplayReport): void {
  sum.replayed += replayed;
  sum.cleared += cleared;
  sum.remaining += remaining;
  if (documents !== undefined) sum.documents = [...(sum.documents ?? []), ...documents];
}
