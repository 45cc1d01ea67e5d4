import { existsSync } from 'node:fs';
import { type JobFileText, RemoteServer } from '#api';
import { EXIT } from '#errors';
import type { JobCommands, JobEvent } from '#job';
import { declaredJobName, isJobName } from '#mapping/job-file';
import { CommanderError } from 'commander';
import type { CommandContext } from '../command.js';
import { readText } from '../job-file.js';

/** The console that --server names. */
export function remoteServer({ server, settings, host }: CommandContext): RemoteServer {
  return new RemoteServer({ url: server ?? '', token: settings.token, user: host.user });
}

/** A file that is there goes to the server as it is, its variables unread; else FILE is the name of a job that the server has. */
export async function remoteJob(file: string, context: CommandContext) {
  const server = remoteServer(context);
  const { name, text } = await named(file, server);
  return {
    name,
    open: async (onEvent: (event: JobEvent) => void): Promise<JobCommands> => server.job(name, text, onEvent),
  };
}

export async function readJobText(file: string): Promise<JobFileText> {
  return { file: await readText(file), fileName: file };
}

async function named(file: string, server: RemoteServer): Promise<{ name: string; text?: JobFileText }> {
  if (!existsSync(file) && isJobName(file)) return { name: file };
  const text = await readJobText(file);
  const name = declaredJobName(text.file);
  if (name !== undefined) return { name, text };
  // The server tells what is wrong with it, as every command does that reads it here.
  await server.job('', text, () => undefined).check();
  throw new CommanderError(
    EXIT.usage,
    'millrace.usage',
    `${file} takes its name from the environment: name the job itself`,
  );
}
