import { describe, expect, test } from '@jest/globals';
import type { CaptureEvent } from '../source.js';
import { CaptureReader } from '../testing/capture-reader.js';
import { planOfTables } from '../testing/plan-of-tables.js';
import { testPostgres, type TestPostgres } from '#testing';
import { createPostgresSource } from './postgres-source.js';

const names = { slot: 'millrace_t_1', publication: 'millrace_t_1' };

async function captured(tables: string[], work: (pg: TestPostgres) => Promise<void>, setup: string): Promise<CaptureEvent[]> {
  await using pg = await testPostgres();
  await pg.exec(setup);
  const source = createPostgresSource(pg.uri, { job: 't' });
  const slot = { ...names, slot: `millrace_${pg.database}`.slice(0, 60) };
  try {
    const plan = planOfTables(await source.catalogue(), 't', tables);
    await source.beginCapture(plan, slot, new AbortController().signal);
    await using reader = new CaptureReader(source.capture(plan, slot, 1));
    await work(pg);
    await source.writeMarker('t', 'm1');
    return await reader.untilMarker('m1');
  } finally {
    await source.close();
  }
}

describe('capture', () => {
  test('streams inserts, updates, deletes and markers', async () => {
    const events = await captured(['public.t'], async (pg) => {
      await pg.exec("INSERT INTO t VALUES (1, 'a'), (2, NULL)");
      await pg.exec("UPDATE t SET v = 'b' WHERE id = 1");
      await pg.exec('UPDATE t SET id = 3 WHERE id = 2');
      await pg.exec('DELETE FROM t WHERE id = 1');
      await pg.exec('TRUNCATE t');
    }, 'CREATE TABLE t (id int PRIMARY KEY, v text)');
    console.log(events);
    expect(events.length).toBeGreaterThan(5);
  });
});
