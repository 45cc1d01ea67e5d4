import { expect, test } from '@jest/globals';
import type { RowChange, TablePlan } from '#model';
import type { CaptureEvent } from '#sources';
import { simTimers } from '../kernel/index.js';
import type { SimTable, SimTransaction } from './index.js';
import { ITEM, JOB, NAMES, never, SimWorld } from './sim-world.js';

const LONG_MS = 60_000;

function rowChanges(events: readonly CaptureEvent[]): RowChange[] {
  return events.filter((event): event is RowChange => event.op === 'upsert' || event.op === 'delete');
}

function written(world: SimWorld, id: number): SimTransaction {
  const transaction = world.postgres.begin();
  transaction.insert('item', { id, v: id });
  return transaction;
}

async function visible(world: SimWorld, id: number): Promise<void> {
  await world.done(written(world, id).commit());
}

test('what is written and not yet visible is streamed, and missed by every read until it is', async () => {
  const world = new SimWorld();
  world.postgres.createTable(ITEM);
  const plan = await world.begun('item');
  const reader = world.reader(plan);
  const transaction = written(world, 1);
  void transaction.commit({ visibleAfterMs: LONG_MS });
  const [change] = rowChanges(await world.done(reader.until(({ op }) => op === 'upsert')));
  expect(change).toMatchObject({ tuple: '1\t1', transaction: String(transaction.id) });
  expect(await world.seen(plan)).toEqual([]);
  expect(world.postgres.rows('item')).toEqual([{ id: '1', v: '1' }]);
  expect((await world.done(world.source.visibility())).finished(String(transaction.id))).toBe(false);
  await world.until(() => transaction.isOver);
  expect((await world.done(world.source.visibility())).finished(String(transaction.id))).toBe(true);
  expect(await world.seen(plan)).toEqual(['1\t1']);
});

/** At the consistent point of the slot, `late` is written, and not visible for long. */
async function startWithLate(world: SimWorld) {
  world.postgres.createTable(ITEM);
  const plan = await world.plan('item');
  const first = written(world, 1);
  const start = world.source.beginCapture(plan, NAMES, never);
  await world.until(() => world.postgres.server.slots.get(NAMES.slot) !== undefined);
  const second = written(world, 2);
  void first.commit();
  await world.until(() => world.trace.at(-1)?.endsWith('goes on') === true);
  const late = written(world, 3);
  void late.commit({ visibleAfterMs: LONG_MS });
  await world.until(() => late.isWritten);
  void second.commit();
  return { plan, start, late };
}

test('the start waits until what the slot leaves out is visible', async () => {
  const world = new SimWorld();
  const { plan, start, late } = await startWithLate(world);
  let isStarted = false;
  void start.then(() => (isStarted = true));
  await world.until(() => world.trace.at(-1)?.endsWith('→ looks at the running transactions') === true);
  expect(late.isOver).toBe(false);
  expect(isStarted).toBe(false);
  await world.done(start);
  expect(late.isOver).toBe(true);
  expect(await world.seen(plan)).toEqual(['1\t1', '2\t2', '3\t3']);
  expect(rowChanges(await world.captured(world.reader(plan)))).toEqual([]);
});

test('without that wait a row would be neither read nor streamed', async () => {
  const world = new SimWorld();
  const { plan, start, late } = await startWithLate(world);
  // The slot is there; nobody waits for the end of the start.
  await world.until(() => world.postgres.server.slots.get(NAMES.slot)?.user === undefined);
  expect(late.isOver).toBe(false);
  expect(await world.seen(plan)).toEqual(['1\t1', '2\t2']);
  expect(rowChanges(await world.captured(world.reader(plan, world.of('other').source)))).toEqual([]);
  await world.done(start);
});

test.each([
  ['missing in it while the commit log does not have it', { committedAfterMs: LONG_MS }, false],
  ['there in it once the commit log has it', { visibleAfterMs: LONG_MS }, true],
] as const)("what a slot's snapshot counts as committed is %s", async (_, options, isThere) => {
  const world = new SimWorld();
  const table: SimTable = world.postgres.createTable(ITEM);
  const { slots, sessions, transactions } = world.postgres.server;
  const session = sessions.begin(world.of('service').process);
  const first = written(world, 1);
  const attempt = slots.create(session, NAMES.slot);
  const second = written(world, 2);
  await world.done(first.commit());
  expect(attempt()).toBeUndefined();
  const late = written(world, 3);
  void late.commit(options);
  await world.until(() => late.isWritten && late.isCommitted === isThere);
  await world.done(second.commit());
  const exported = attempt()?.snapshot;
  if (!exported) throw new Error('the slot was not made');
  expect(exported.finished(String(late.id))).toBe(true);
  expect(exported.settledIn(transactions.snapshot())).toBe(false);
  expect(table.seenIn(exported)).toEqual([['1', '1'], ['2', '2'], ...(isThere ? [['3', '3']] : [])]);
  await world.until(() => late.isOver);
  expect(exported.settledIn(transactions.snapshot())).toBe(true);
});

test('an asynchronous commit is visible before a stream can have it, and a marker brings both in their order', async () => {
  const world = new SimWorld();
  world.postgres.createTable(ITEM);
  const plan = await world.begun('item');
  const reader = world.reader(plan);
  const transaction = written(world, 1);
  await world.done(transaction.commit({ asynchronous: true, flushedAfterMs: LONG_MS }));
  expect(await world.seen(plan)).toEqual(['1\t1']);
  expect(world.postgres.isQuiet()).toBe(false);
  let isStreamed = false;
  const streamed = reader.until(({ op }) => op === 'upsert').then(() => (isStreamed = true));
  await world.done(simTimers(world.kernel, world.of('service').process).wait(LONG_MS / 2));
  expect(isStreamed).toBe(false);
  await world.done(world.source.writeMarker(JOB, 'end'));
  await world.done(streamed);
  const rest = await world.done(reader.untilMarker('end'));
  expect(rest.some(({ op }) => op === 'marker')).toBe(true);
  expect(world.postgres.isQuiet()).toBe(true);
});

test('a long transaction is handed over in parts, and again at the same positions where nobody confirmed it', async () => {
  const world = new SimWorld({ mostMessages: 5 });
  world.postgres.createTable(ITEM);
  const plan = await world.begun('item');
  const transaction = world.postgres.begin();
  for (let id = 0; id < 60; id++) transaction.insert('item', { id, v: 0 });
  for (let id = 0; id < 60; id++) transaction.update('item', { id }, { id: id + 100 });
  await world.done(transaction.commit());
  const former = world.reader(plan, world.of('former').source);
  const some = rowChanges(await world.done(former.until((event) => event.op === 'upsert' && event.tuple === '40\t0')));
  world.of('former').process.kill();
  const all = rowChanges(await world.captured(world.reader(plan)));
  expect(all).toHaveLength(180);
  expect(all.slice(0, some.length)).toEqual(some);
  expect(new Set(all.map(({ at }) => at)).size).toBe(180);
});

test('the rows of a chunk come from one snapshot, whatever is committed between its parts', async () => {
  const world = new SimWorld();
  world.postgres.createTable(ITEM);
  for (let id = 0; id < 40; id++) await visible(world, id);
  const plan = await world.plan('item');
  const whole = { table: 0, after: null, upTo: null, estimatedRows: 40 };
  const parts: string[] = [];
  const reading = (async () => {
    for await (const { tuples } of world.source.readChunk(plan.tables[0] as TablePlan, whole, { signal: never })) {
      const transaction = world.postgres.begin();
      for (let id = 0; id < 40; id++) transaction.update('item', { id }, (row) => ({ v: Number(row.v) + 100 }));
      await transaction.commit();
      parts.push(...tuples);
    }
  })();
  await world.done(reading);
  expect(parts).toEqual(Array.from({ length: 40 }, (_, id) => `${id}\t${id}`));
});

async function runOnce(seed: number): Promise<string[]> {
  const world = new SimWorld({ seed, commitOptions: (random) => ({ visibleAfterMs: random.below(20) }) });
  world.postgres.createTable(ITEM);
  const plan = await world.begun('item');
  for (let id = 0; id < 5; id++) void written(world, id).commit();
  await world.captured(world.reader(plan));
  await world.seen(plan);
  return world.trace;
}

test('one seed is one schedule', async () => {
  const first = await runOnce(5);
  expect(await runOnce(5)).toEqual(first);
  expect(await runOnce(6)).not.toEqual(first);
});
