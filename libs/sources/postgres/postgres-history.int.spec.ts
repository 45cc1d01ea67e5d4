import { expect, test } from '@jest/globals';
import type { RowChange } from '#model';
import { type TestPostgres, testPostgres, waitFor } from '#testing';
import { Captured } from '../testing/captured.js';
import { createPostgresSource } from './postgres-source.js';
import { Backup } from './testing/backup.js';

/** Positions say nothing to whom they were not given by: another server, and another history of the same one, have them too. */

const TABLE = 'CREATE TABLE t (id int PRIMARY KEY, v text)';
/** More log than what a server writes by itself as it starts. */
const MUCH = "INSERT INTO t SELECT i, repeat('x', 100) FROM generate_series(100, 9999) i";

const REPLACED = { code: 'SOURCE_REPLACED', retriable: true };

const capturing = (database: TestPostgres): Promise<Captured> =>
  Captured.begin(createPostgresSource(database.uri), database.database, ['public.t']);

async function inserted(database: TestPostgres, capture: Captured, id: number): Promise<RowChange> {
  await database.query("INSERT INTO t VALUES ($1, 'v')", [id]);
  return (await capture.changes()).at(-1) as RowChange;
}

test('a server that is restored and promoted has other changes at the same positions, and is known by its history', async () => {
  await using database = await testPostgres({ dedicated: true });
  await database.exec(TABLE);
  await using capture = await capturing(database);
  const before = await capture.source.identity();
  await capture.restart();
  const backup = await Backup.of(database.server);
  await database.exec(MUCH);
  const lost = await inserted(database, capture, 1);
  await capture.restart();
  await backup.restore();
  await waitFor(() => database.query('SELECT pg_promote()'));
  await waitFor(async () => (await database.query('SELECT 1 WHERE NOT pg_is_in_recovery()')).length > 0);
  await expect(inserted(database, capture, 2)).rejects.toMatchObject(REPLACED);
  await capture.restart();
  const now = await capture.source.identity();
  const other = await inserted(database, capture, 3);
  expect(other.at < lost.at).toBe(true);
  expect(now.system).toBe(before.system);
  expect(Number(now.history)).toBeGreaterThan(Number(before.history));
});

test('nothing is streamed from a standby, which may be promoted under the stream', async () => {
  await using database = await testPostgres({ dedicated: true });
  await database.exec(TABLE);
  await using capture = await capturing(database);
  await capture.restart();
  const backup = await Backup.of(database.server);
  await backup.restore();
  await waitFor(() => capture.source.identity());
  await expect(capture.events.untilMarker('none can be written')).rejects.toMatchObject(REPLACED);
});

test('a server that was made anew has the positions of the former one, and is another system', async () => {
  await using former = await testPostgres({ dedicated: true });
  await using anew = await testPostgres({ dedicated: true });
  for (const database of [former, anew]) await database.exec(TABLE);
  await using capture = await capturing(former);
  await using captureAnew = await capturing(anew);
  await former.exec(MUCH);
  const last = await inserted(former, capture, 1);
  expect((await inserted(anew, captureAnew, 1)).at < last.at).toBe(true);
  const [before, now] = [await capture.source.identity(), await captureAnew.source.identity()];
  expect(now.system).not.toBe(before.system);
  expect(now.history).toBe(before.history);
});
