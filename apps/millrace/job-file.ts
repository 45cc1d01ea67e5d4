import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { MillraceError } from '#errors';
import type { JobFile, Positions, Problem, PartialMapping } from '#mapping';
import type { Redactor } from '#observability/redaction';
import { cliErrors } from './cli.codes.js';
import type { CommandContext } from './command.js';
import type { Host } from './host.js';

export interface LoadedJobFile {
  fileName: string;
  jobFile: JobFile;
  /** Where each thing stands in the file, for what is found wrong later. */
  positions: Positions;
}

/** Reads and validates a job file, and tells the redactor its secrets before anything can print them. */
export async function loadJobFile(
  fileName: string,
  context: Pick<CommandContext, 'host' | 'terminal'>,
): Promise<LoadedJobFile> {
  return parseJobFile(await readText(fileName), {
    fileName,
    env: context.host.env,
    redactor: context.terminal.redactor,
  });
}

export async function parseJobFile(
  text: string,
  { fileName, env, redactor }: { fileName: string; env: Host['env']; redactor: Redactor },
): Promise<LoadedJobFile> {
  const { readJobFile, sortProblems } = await import('#mapping');
  const result = readJobFile(text, {
    fileName,
    env,
    readSecretFile: (path) => {
      const content = readFileSync(path, 'utf8');
      redactor.add(content.trim());
      return content;
    },
  });
  if (result.problems) {
    const further = result.partial ? await furtherProblemsOf(result.partial, redactor) : [];
    throw jobFileInvalid(fileName, sortProblems([...result.problems, ...further]));
  }
  for (const { uri } of [result.jobFile.source, result.jobFile.target]) redactor.addUri(uri);
  return { fileName, jobFile: result.jobFile, positions: result.positions };
}

export function jobFileInvalid(fileName: string, problems: readonly unknown[]): MillraceError {
  const count = problems.length === 1 ? 'a mistake' : `${problems.length} mistakes`;
  return new MillraceError(cliErrors.JOB_FILE_INVALID, `${fileName} has ${count}.`, { context: { problems } });
}

const PATIENCE_MS = 3000;

/** All mistakes at once: what can be read of a faulty file is held against the source, where that can be reached. */
async function furtherProblemsOf(partial: PartialMapping, redactor: Redactor): Promise<Problem[]> {
  redactor.addUri(partial.jobFile.source.uri);
  const [{ furtherProblems }, { createPostgresSource }] = await Promise.all([
    import('#mapping'),
    import('#sources/postgres'),
  ]);
  try {
    const source = createPostgresSource(partial.jobFile.source.uri, { connectTimeoutMs: PATIENCE_MS });
    try {
      return furtherProblems(partial, await source.catalogue());
    } finally {
      await source.close();
    }
  } catch {
    return [];
  }
}

async function readText(fileName: string): Promise<string> {
  try {
    return await readFile(fileName, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'no such file' : code === 'EISDIR' ? 'it is a folder' : (code ?? 'unreadable');
    throw new MillraceError(cliErrors.JOB_FILE_UNREADABLE, `${fileName} cannot be read: ${reason}.`, { cause });
  }
}
