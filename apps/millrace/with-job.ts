import type { JobCommands, JobEvent } from '#job';
import type { CommandContext } from './command.js';
import { loadJobFile } from './job-file.js';
import { watchersFor } from './progress/watch.js';
import type { Watcher } from './progress/watcher.js';

export interface WithJobOptions {
  /** Shows how the job gets on; with `events` also as JSON lines, where JSON is asked for. */
  watch?: { events: boolean };
}

/** A job that a command names: of its file, in this process, or of the services. */
interface NamedJob {
  name: string;
  open(onEvent: (event: JobEvent) => void): Promise<JobCommands>;
}

/** Opens the job that FILE names, does something with it, and closes it whatever happens. */
export async function withJob<T>(
  file: string,
  context: CommandContext,
  work: (job: JobCommands) => Promise<T>,
  { watch }: WithJobOptions = {},
): Promise<T> {
  const named = await namedJob(file, context);
  const watchers: Watcher[] = watch ? await watchersFor(context, named.name, watch) : [];
  const onEvent = (event: JobEvent): void => {
    for (const watcher of watchers) watcher.take(event);
  };
  try {
    const job = await named.open(onEvent);
    try {
      return await work(job);
    } finally {
      await job.close();
    }
  } finally {
    for (const watcher of watchers) watcher.end();
  }
}

export async function jobNameOf(file: string, context: CommandContext): Promise<string> {
  return (await namedJob(file, context)).name;
}

async function namedJob(file: string, context: CommandContext): Promise<NamedJob> {
  if (context.server !== undefined) return (await import('./server/remote.js')).remoteJob(file, context);
  const loaded = await loadJobFile(file, context);
  return { name: loaded.jobFile.job, open: (onEvent) => context.openEngine(loaded, context, onEvent) };
}
