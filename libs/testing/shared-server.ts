import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Owner, Server } from '#servers';
import { waitFor } from './wait-for.js';

/** A server that all tests of a run use: they may neither stop nor change it. */
export interface SharedServer {
  readonly uri: string;
  readonly version: string;
}

const START_TIMEOUT_MS = 300_000;
const startedHere = new Map<string, Promise<SharedServer>>();

/**
 * The run's server of this name, started by the first test that asks for one: whoever makes the folder `<name>.lock` in
 * the run's folder starts it, and the others wait for its description. It belongs to the run, not to the worker that
 * started it, so it ends when the run's folder goes (see `global-teardown.mjs`) or the run is killed. Outside of a run
 * of Jest it belongs to the present process.
 */
export function sharedServer(name: string, start: (owner: Owner) => Promise<Server>): Promise<SharedServer> {
  let server = startedHere.get(name);
  if (!server) {
    const folder = process.env['MILLRACE_TEST_RUN'];
    const pid = Number(process.env['MILLRACE_TEST_RUN_PID']);
    server = folder && pid ? ofTheRun(name, { pid, folder }, start) : start({ pid: process.pid });
    startedHere.set(name, server);
  }
  return server;
}

type RunOwner = Required<Owner>;

async function ofTheRun(
  name: string,
  owner: RunOwner,
  start: (owner: Owner) => Promise<Server>,
): Promise<SharedServer> {
  const description = join(owner.folder, `${name}.json`);
  const isFirst = await mkdir(join(owner.folder, `${name}.lock`)).then(
    () => true,
    () => false,
  );
  if (isFirst) await describe(description, start(owner));
  else await waitFor(() => existsSync(description), { timeoutMs: START_TIMEOUT_MS, everyMs: 50 });
  const { failure, ...server } = JSON.parse(await readFile(description, 'utf8')) as SharedServer & { failure?: string };
  if (failure) throw new Error(failure);
  return server;
}

/** The description is whole when it appears: it is written beside and renamed. */
async function describe(description: string, starting: Promise<Server>): Promise<void> {
  const content = await starting.then(
    ({ uri, version, pid, dataDir }) => ({ uri, version, pid, dataDir }),
    (error: unknown) => ({ failure: String(error instanceof Error ? error.message : error) }),
  );
  await writeFile(`${description}.new`, JSON.stringify(content));
  await rename(`${description}.new`, description);
}

/** For a name of a test's own, as a database, a job, a topic: lower-case, valid everywhere. */
export function freshName(): string {
  const random = crypto.getRandomValues(new Uint32Array(2));
  return `t_${Array.from(random, (part) => part.toString(36)).join('')}`;
}
