import { expect, test } from '@jest/globals';
import { type TestPostgres, testPostgres, waitFor } from '#testing';
import { CaptureReader } from '../testing/capture-reader.js';
import { Captured } from '../testing/captured.js';
import type { Source } from '../source.js';
import { createPostgresSource } from './postgres-source.js';

/** Whoever makes or drops a capture is asked before each step whether it still may. */

const NEVER = new AbortController().signal;

async function captured(database: TestPostgres): Promise<Captured> {
  await database.exec('CREATE TABLE t (id int PRIMARY KEY)');
  return Captured.begin(createPostgresSource(database.uri), database.database, ['public.t']);
}

/** What is there, by what tells it from another of the same name. */
async function there(database: TestPostgres, { names }: Captured): Promise<{ slot: unknown; publication: unknown }> {
  const sql = `SELECT (SELECT confirmed_flush_lsn::text FROM pg_replication_slots WHERE slot_name = $1) AS slot,
    (SELECT oid::text FROM pg_publication WHERE pubname = $2) AS publication`;
  const [row] = await database.query<{ slot: unknown; publication: unknown }>(sql, [names.slot, names.publication]);
  return row as { slot: unknown; publication: unknown };
}

/** May look so many times; then another process has it all. */
function mayLook(times: number): () => Promise<void> {
  let left = times;
  return async () => {
    if (left-- === 0) throw new Error('taken over');
  };
}

const begin = (source: Source, { plan, names }: Captured, confirm: () => Promise<void>) =>
  source.beginCapture(plan, names, NEVER, confirm);
const drop = (source: Source, { names }: Captured, confirm: () => Promise<void>) =>
  source.dropCapture(names, 0, confirm);

test.each([
  ['begins', 'its slot', begin, 0, ['slot', 'publication']],
  ['begins', 'its publication', begin, 1, ['publication']],
  ['drops', 'its slot', drop, 0, ['slot', 'publication']],
  ['drops', 'its publication', drop, 1, ['publication']],
] as const)(
  'who %s a capture touches nothing more where it was taken over before %s goes',
  async (_, _next, act, looks, kept) => {
    await using database = await testPostgres();
    await using capture = await captured(database);
    const before = await there(database, capture);
    await database.exec('INSERT INTO t VALUES (1)');
    await expect(act(capture.source, capture, mayLook(looks))).rejects.toThrow('taken over');
    const expected = { slot: null, publication: null, ...Object.fromEntries(kept.map((name) => [name, before[name]])) };
    expect(await there(database, capture)).toEqual(expected);
  },
);

test('who begins a capture makes no slot once it was taken over', async () => {
  await using database = await testPostgres();
  await using capture = await captured(database);
  await expect(begin(capture.source, capture, mayLook(2))).rejects.toThrow('taken over');
  expect((await there(database, capture)).slot).toBeNull();
});

test('who drops a capture does not end the stream of whoever has taken it over', async () => {
  await using database = await testPostgres();
  await using capture = await captured(database);
  await using reader = new CaptureReader(capture.source.capture(capture.plan, capture.names, 1));
  await capture.source.writeMarker('kit', 'first');
  await reader.untilMarker('first');
  const pid = async () =>
    (await database.query('SELECT active_pid FROM pg_replication_slots WHERE slot_name = $1', [capture.names.slot]))[0];
  const before = await waitFor(pid);
  await expect(drop(capture.source, capture, mayLook(0))).rejects.toThrow('taken over');
  expect(await pid()).toEqual(before);
});
