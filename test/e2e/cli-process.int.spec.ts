import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { testMongo, testPostgres, waitFor } from '#testing';

jest.setTimeout(240_000);
const SLOWLY = { timeoutMs: 120_000 };

/** The built program as a process: what cannot be seen from inside. Needs `npm run build`, which `npm test` does first. */

const PROGRAM = join(import.meta.dirname, '../../bin/millrace.mjs');

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-process-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

function start(args: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [PROGRAM, ...args], { env: { PATH: process.env['PATH'], ...env } });
  const seen = { out: '', err: '' };
  child.stdout.on('data', (chunk) => (seen.out += String(chunk)));
  child.stderr.on('data', (chunk) => (seen.err += String(chunk)));
  return { child, seen, ended: exitOf(child) };
}

async function exitOf(child: ChildProcess): Promise<{ code: number | null; signal: string | null }> {
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  return { code, signal };
}

describe('help and schema start at once', () => {
  test.each([['--help'], ['run', '--help'], ['schema']])('%s %s loads no driver and no framework', async (...args) => {
    const coverage = await mkdtemp(join(folder, 'loaded-'));
    const { ended } = start(args, { NODE_V8_COVERAGE: coverage });
    expect((await ended).code).toBe(0);
    const [report = ''] = await readdir(coverage);
    const { result } = JSON.parse(await readFile(join(coverage, report), 'utf8')) as { result: { url: string }[] };
    const loaded = new Set(result.map(({ url }) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1]));
    expect(loaded).toContain('commander');
    for (const heavy of ['pg', 'mongodb', 'bson', 'pino', '@nestjs/core', 'rxjs', 'quickjs-emscripten-core']) {
      expect({ heavy, loaded: loaded.has(heavy) }).toEqual({ heavy, loaded: false });
    }
  });
});

test('a reader that goes away ends it quietly', async () => {
  const { child, seen, ended } = start(['schema']);
  child.stdout.destroy();
  expect(await ended).toEqual({ code: 0, signal: null });
  expect(seen.err).toBe('');
});

test('wrong usage exits 2', async () => {
  const { ended, seen } = start(['rnu']);
  expect(await ended).toEqual({ code: 2, signal: null });
  expect(seen.err).toContain('Did you mean run?');
});

test.each(['SIGINT', 'SIGTERM'] as const)(
  '%s stops a run with 0 within ten seconds, and what it logs as JSON has job and service',
  async (signal) => {
    await using postgres = await testPostgres();
    await using mongo = await testMongo();
    await postgres.exec('CREATE TABLE things (id int PRIMARY KEY); INSERT INTO things VALUES (1)');
    const file = join(folder, `${signal}.yaml`);
    await writeFile(
      file,
      `job: ${mongo.job}
source: { kind: postgres, uri: "\${PG}" }
target: { uri: "\${MONGO}", database: ${mongo.database} }
collections: { things: { table: public.things } }
`,
    );
    const { child, seen, ended } = start(['run', file], {
      PG: postgres.uri,
      MONGO: mongo.uri,
      MILLRACE_LOG_FORMAT: 'json',
    });
    await waitFor(() => seen.err.includes('following changes'), SLOWLY);
    const asked = performance.now();
    child.kill(signal);
    expect(await ended).toEqual({ code: 0, signal: null });
    expect(performance.now() - asked).toBeLessThan(10_000);
    const [line = ''] = seen.err.split('\n').filter((text) => text.includes('following changes'));
    expect(JSON.parse(line)).toMatchObject({
      level: 'info',
      service: 'millrace',
      job: mongo.job,
      facts: { phase: 'streaming' },
    });
  },
);
