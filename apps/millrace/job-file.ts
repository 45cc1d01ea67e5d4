import { readFile } from 'node:fs/promises';
import type { LoadedJobFile } from '#compose';
import { MillraceError } from '#errors';
import { cliErrors } from './cli.codes.js';
import type { CommandContext } from './command.js';

/** Reads and validates a job file, and tells the redactor its secrets before anything can print them. */
export async function loadJobFile(
  fileName: string,
  { host, terminal }: Pick<CommandContext, 'host' | 'terminal'>,
): Promise<LoadedJobFile> {
  const text = await readText(fileName);
  const { readJob } = await import('#compose');
  return readJob(text, { fileName, env: host.env, redactor: terminal.redactor });
}

export async function readText(fileName: string): Promise<string> {
  try {
    return await readFile(fileName, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'no such file' : code === 'EISDIR' ? 'it is a folder' : (code ?? 'unreadable');
    throw new MillraceError(cliErrors.JOB_FILE_UNREADABLE, `${fileName} cannot be read: ${reason}.`, { cause });
  }
}
