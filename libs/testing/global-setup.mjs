import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PREFIX = 'millrace-run-';

/** Makes the folder that stands for this run of the tests. Servers are started by the first test that asks for one. */
export default async function globalSetup() {
  await removeAbandoned();
  process.env.MILLRACE_TEST_RUN = await mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`));
  process.env.MILLRACE_TEST_RUN_PID = String(process.pid);
}

/** Runs that were killed; their servers have ended with them. */
async function removeAbandoned() {
  const names = (await readdir(tmpdir())).filter((name) => name.startsWith(PREFIX));
  const abandoned = names.filter((name) => !isAlive(Number(name.slice(PREFIX.length).split('-')[0])));
  await Promise.all(abandoned.map((name) => rm(join(tmpdir(), name), { recursive: true, force: true })));
}

function isAlive(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}
