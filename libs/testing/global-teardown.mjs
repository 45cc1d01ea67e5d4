import { existsSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const TIMEOUT_MS = 30_000;

/** Ends the run: its servers' watchdogs see that its folder has gone. Waits until they have cleaned up. */
export default async function globalTeardown() {
  const folder = process.env.MILLRACE_TEST_RUN;
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json'));
  const servers = await Promise.all(names.map(async (name) => JSON.parse(await readFile(join(folder, name), 'utf8'))));
  await rm(folder, { recursive: true });
  const dataDirs = servers.map((server) => server.dataDir).filter(Boolean);
  const deadline = Date.now() + TIMEOUT_MS;
  while (dataDirs.some((dataDir) => existsSync(dataDir))) {
    if (Date.now() > deadline) throw new Error(`servers of the tests have not ended: ${dataDirs.join(', ')}`);
    await pause(50);
  }
}
