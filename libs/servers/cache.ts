import { execFile } from 'node:child_process';
import { constants, existsSync } from 'node:fs';
import { access, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Where provisioned programs are kept: `.cache` in the project's root, or what MILLRACE_CACHE_DIR says. */
export function cacheFolder(): string {
  const given = process.env['MILLRACE_CACHE_DIR'];
  return given ? resolve(given) : join(projectRoot(), '.cache');
}

function projectRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder) return tmpdir();
    folder = parent;
  }
  return folder;
}

/**
 * The folder `<cache>/<name>`, filled by `fill` where it isn't there yet. It is filled beside and then renamed, so that
 * it is whole or absent, and several processes that provision the same at once do not disturb each other.
 */
export async function provisioned(
  cache: string,
  name: string,
  fill: (folder: string) => Promise<void>,
): Promise<string> {
  const target = join(cache, name);
  if (existsSync(target)) return target;
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, `.${name}-`));
  try {
    await fill(folder);
    await run('chmod', ['-R', 'a+rX', folder]);
    await rename(folder, target).catch((error: unknown) => {
      if (!existsSync(target)) throw error;
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return target;
}

/** The full path of a program on PATH, if there is one. */
export async function onPath(program: string): Promise<string | undefined> {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    if (folder && (await isExecutable(join(folder, program)))) return join(folder, program);
  }
  return undefined;
}

export async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** Runs a program with the present environment, and `env` beside it, and gives its standard output. */
export async function output(
  program: string,
  args: string[],
  cwd?: string,
  env?: Record<string, string>,
): Promise<string> {
  const options = { env: { ...process.env, ...env }, maxBuffer: 16 << 20, ...(cwd === undefined ? {} : { cwd }) };
  return (await run(program, args, options)).stdout;
}
