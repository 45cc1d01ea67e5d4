import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { MillraceError } from '#errors';
import { cacheFolder, onPath, output, provisioned } from './cache.js';
import { serverErrors } from './servers.codes.js';

const OLDEST_MAJOR = 6;

export interface RedisBinary {
  program: string;
  version: string;
  /** What the program finds its libraries by, where they are not the system's. */
  env: Record<string, string>;
}

/**
 * `redis-server` from PATH, else out of the packages of Debian and its like, which are unpacked into the cache rather than
 * installed: that takes no root, and starts no service.
 */
export async function redisBinary(): Promise<RedisBinary> {
  const failures: string[] = [];
  const ways: [string, () => Promise<Omit<RedisBinary, 'version'> | undefined>][] = [
    ['redis-server on PATH', installed],
    ["Debian's packages by apt-get", fromPackages],
  ];
  for (const [name, way] of ways) {
    try {
      const found = await way();
      if (found) return { ...found, version: await versionOf(found.program, found.env) };
      failures.push(`${name}: none`);
    } catch (error) {
      failures.push(`${name}: ${lastLine(error)}`);
    }
  }
  throw new MillraceError(
    serverErrors.SERVER_UNAVAILABLE,
    `No Redis ${OLDEST_MAJOR} or later to start (${failures.join('; ')}). Install redis-server and put it on PATH ` +
      '(macOS: brew install redis), or, on Debian and Ubuntu, make the package archive reachable: apt-get update.',
    { context: { failures } },
  );
}

/** Where a program says what went wrong, its command line comes first. */
const lastLine = (error: unknown): string =>
  String(error instanceof Error ? error.message : error)
    .trim()
    .split('\n')
    .at(-1) ?? '';

async function installed(): Promise<Omit<RedisBinary, 'version'> | undefined> {
  const program = await onPath('redis-server');
  return program === undefined ? undefined : { program, env: {} };
}

async function versionOf(program: string, env: Record<string, string>): Promise<string> {
  const said = await output(program, ['--version'], undefined, env);
  const version = /v=(\d+\.\d+\.\d+)/.exec(said)?.[1];
  if (!version || Number(version.split('.')[0]) < OLDEST_MAJOR) {
    throw new Error(`version ${version ?? 'unknown'} is older than ${OLDEST_MAJOR}`);
  }
  return version;
}

async function fromPackages(): Promise<Omit<RedisBinary, 'version'>> {
  const folder = await provisioned(cacheFolder(), 'redis', unpackPackages);
  const libraries = join(folder, 'usr', 'lib');
  const places = (await readdir(libraries)).map((name) => join(libraries, name));
  return { program: join(folder, 'usr', 'bin', 'redis-server'), env: { LD_LIBRARY_PATH: places.join(':') } };
}

async function unpackPackages(into: string): Promise<void> {
  const [apt, cache, dpkg] = await Promise.all(['apt-get', 'apt-cache', 'dpkg'].map(onPath));
  if (!apt || !cache || !dpkg) throw new Error('apt-get and dpkg are not on PATH');
  const needs = await output(cache, ['depends', 'redis-tools']);
  const libraries = [...needs.matchAll(/^\W*Depends: (lib\S+)$/gm)].map((found) => found[1] ?? '');
  const packages = ['redis-server', 'redis-tools', ...libraries.filter((name) => name !== 'libc6')];
  await output(apt, ['download', '-q', ...packages], into);
  const files = (await readdir(into)).filter((name) => name.endsWith('.deb'));
  for (const file of files) await output(dpkg, ['-x', file, into], into);
  await Promise.all(files.map((file) => rm(join(into, file))));
}
