import type { JobCommands, JobEvent } from '#job';
import type { CommandContext } from './command.js';
import { loadJobFile } from './job-file.js';
import { watchersFor } from './progress/watch.js';
import type { Watcher } from './progress/watcher.js';

export interface WithJobOptions {
  /** Shows how the job gets on; with `events` also as JSON lines, where JSON is asked for. */
  watch?: { events: boolean };
}

/** Opens the engine for the job of a file, does something with it, and closes it whatever happens. */
export async function withJob<T>(
  fileName: string,
  context: CommandContext,
  work: (job: JobCommands) => Promise<T>,
  { watch }: WithJobOptions = {},
): Promise<T> {
  const loaded = await loadJobFile(fileName, context);
  const watchers: Watcher[] = watch ? await watchersFor(context, loaded.jobFile.job, watch) : [];
  const onEvent = (event: JobEvent): void => {
    for (const watcher of watchers) watcher.take(event);
  };
  try {
    const job = await context.openEngine(loaded, context, onEvent);
    try {
      return await work(job);
    } finally {
      await job.close();
    }
  } finally {
    for (const watcher of watchers) watcher.end();
  }
}
