import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Makes the folder that stands for this run of the tests. Servers are started by the first test that asks for one. */
export default async function globalSetup() {
  process.env.MILLRACE_TEST_RUN = await mkdtemp(join(tmpdir(), 'millrace-run-'));
  process.env.MILLRACE_TEST_RUN_PID = String(process.pid);
}
