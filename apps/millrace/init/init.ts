import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { EXIT, MillraceError } from '#errors';
import type { Catalogue } from '#model';
import { CommanderError } from 'commander';
import { cliErrors } from '../cli.codes.js';
import type { CommandContext } from '../command.js';
import { counted } from '../output/units.js';
import { databaseName } from './database-name.js';

export interface InitOptions {
  source: string;
  target?: string;
  schema?: string[];
  out?: string;
}

/** Reads the catalogue, and nothing else; writes the suggested job file, and a summary for people. */
export async function runInit(context: CommandContext, options: InitOptions): Promise<number> {
  const { terminal } = context;
  for (const uri of [options.source, options.target]) if (uri !== undefined) terminal.redactor.addUri(uri);
  const database = options.target === undefined ? undefined : targetDatabase(options.target);
  checkKind(options.source);
  if (options.out !== undefined && existsSync(options.out)) throw exists(options.out);
  const catalogue = await readCatalogue(options.source, options.schema);
  if (catalogue.tables.length === 0) throw nothingFound(options.schema);
  const { jobNameOf, suggestJobFile } = await import('#mapping');
  const suggestion = suggestJobFile(catalogue, {
    job: jobNameOf(databaseName(options.source) ?? ''),
    ...(database === undefined ? {} : { database }),
    ...(options.schema === undefined ? {} : { schemas: options.schema }),
  });
  if (options.out !== undefined) await write(options.out, suggestion);
  tell(suggestion, catalogue, { context, out: options.out });
  return EXIT.done;
}

function tell(
  text: string,
  catalogue: Catalogue,
  { context, out }: { context: CommandContext; out: string | undefined },
): void {
  const { terminal } = context;
  if (terminal.json) terminal.printJson({ file: out ?? null, tables: catalogue.tables.length, jobFile: text });
  else if (out === undefined) terminal.print(text.trimEnd());
  terminal.say(
    `${terminal.err.green('✓')} ${counted(catalogue.tables.length, 'table')} read${out === undefined ? '' : `; the suggested mapping is in ${out}`}.`,
  );
  terminal.say(
    terminal.err.dim(
      '  Set MILLRACE_SOURCE_URI and MILLRACE_TARGET_URI, look it through, then `millrace check` and `millrace preview` it.',
    ),
  );
}

async function readCatalogue(uri: string, schemas: readonly string[] | undefined): Promise<Catalogue> {
  const { createPostgresSource } = await import('#sources/postgres');
  const source = createPostgresSource(uri);
  try {
    return await source.catalogue(schemas);
  } finally {
    await source.close();
  }
}

function checkKind(uri: string): void {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(uri)?.[1]?.toLowerCase();
  if (scheme === 'postgres' || scheme === 'postgresql') return;
  if (scheme === 'mysql' || scheme === 'mariadb') {
    throw new MillraceError(cliErrors.SOURCE_KIND_UNAVAILABLE, `This version cannot read ${scheme} sources.`);
  }
  throw new CommanderError(
    EXIT.usage,
    'millrace.usage',
    '--source needs a URI such as postgresql://user@host:5432/database',
  );
}

function targetDatabase(uri: string): string | undefined {
  if (!/^mongodb(\+srv)?:\/\//i.test(uri)) {
    throw new CommanderError(
      EXIT.usage,
      'millrace.usage',
      '--target needs a URI such as mongodb://host:27017/database?replicaSet=rs0',
    );
  }
  return databaseName(uri);
}

function nothingFound(schemas: readonly string[] | undefined): MillraceError {
  const where = schemas === undefined ? 'the database' : schemas.join(', ');
  return new MillraceError(cliErrors.NOTHING_TO_SUGGEST, `There is no table in ${where} that this user can see.`);
}

function exists(file: string): MillraceError {
  return new MillraceError(cliErrors.OUTPUT_FILE_EXISTS, `${file} is there already.`);
}

/** Never over a file that came to be meanwhile. */
async function write(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text, { flag: 'wx' });
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === 'EEXIST') throw exists(file);
    throw new MillraceError(
      cliErrors.OUTPUT_FILE_UNWRITABLE,
      `${file} cannot be written: ${code ?? 'unknown reason'}.`,
      { cause },
    );
  }
}
