import { readFileSync } from 'node:fs';
import type { Environment } from '#config';
import { MillraceError } from '#errors';
import {
  furtherProblems,
  type JobFile,
  type PartialMapping,
  type Positions,
  type Problem,
  readJobFile,
  sortProblems,
} from '#mapping';
import type { Redactor } from '#observability/redaction';
import { createPostgresSource } from '#sources/postgres';
import { JOB_FILE_ERRORS } from './compose.codes.js';

export interface LoadedJobFile {
  fileName: string;
  jobFile: JobFile;
  /** Where each thing stands in the file, for what is found wrong later. */
  positions: Positions;
}

export interface ReadJobOptions {
  fileName: string;
  /** Of whoever runs the job: `${NAME}` is read from here. */
  env: Environment;
  redactor: Redactor;
}

/** Reads and validates the text of a job file, and tells the redactor its secrets before anything can print them. */
export async function readJob(text: string, { fileName, env, redactor }: ReadJobOptions): Promise<LoadedJobFile> {
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

function jobFileInvalid(fileName: string, problems: readonly unknown[]): MillraceError {
  const count = problems.length === 1 ? 'a mistake' : `${problems.length} mistakes`;
  return new MillraceError(JOB_FILE_ERRORS.JOB_FILE_INVALID, `${fileName} has ${count}.`, { context: { problems } });
}

const PATIENCE_MS = 3000;

/** All mistakes at once: what can be read of a faulty file is held against the source, where that can be reached. */
async function furtherProblemsOf(partial: PartialMapping, redactor: Redactor): Promise<Problem[]> {
  redactor.addUri(partial.jobFile.source.uri);
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
