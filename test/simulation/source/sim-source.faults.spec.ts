import { expect, test } from '@jest/globals';
import type { RowChange } from '#model';
import type { CaptureEvent } from '#sources';
import type { CallFault } from '../kernel/index.js';
import { NAMES, never, SimWorld } from './sim-world.js';

const ITEM = { name: 'item', columns: [{ name: 'id', type: 'int' as const }], key: ['id'] };

async function insert(world: SimWorld, ...ids: number[]): Promise<void> {
  for (const id of ids) {
    const transaction = world.postgres.begin();
    transaction.insert('item', { id });
    await world.done(transaction.commit());
  }
}

async function streaming(world: SimWorld) {
  world.postgres.createTable(ITEM);
  const plan = await world.begun('item');
  const reader = world.reader(plan);
  await insert(world, 1);
  await world.captured(reader);
  return { plan, reader };
}

/** How it fails, as far as the engine judges by it. */
async function failure(world: SimWorld, work: Promise<unknown>): Promise<{ code: string; retriable: boolean }> {
  let error: unknown;
  const failed = work.catch((reason: unknown) => {
    error = reason;
  });
  await world.done(failed);
  const { code, retriable } = error as { code: string; retriable: boolean };
  return { code, retriable };
}

const tuples = (events: readonly CaptureEvent[]) =>
  events.filter((event): event is RowChange => event.op === 'upsert').map(({ tuple }) => tuple);
const LOST = { code: 'SOURCE_CONNECTION_LOST', retriable: true };

test.each<CallFault>(['lost', 'unanswered'])('a call that is %s fails as a broken connection does', async (fault) => {
  const faultOf = (_: unknown, label: string) => (label === 'begins to read' ? fault : undefined);
  const world = new SimWorld({ faultOf });
  expect(await failure(world, world.source.openReader())).toEqual(LOST);
});

test('a slot that the server invalidates ends its stream, and cannot be used any more', async () => {
  const world = new SimWorld();
  const { plan, reader } = await streaming(world);
  world.postgres.loseSlot(NAMES, 'wal_removed');
  expect(
    await failure(
      world,
      reader.until(() => false),
    ),
  ).toEqual(LOST);
  const lost = { code: 'SLOT_LOST', retriable: false };
  expect(await failure(world, world.source.checkCapture(NAMES))).toEqual(lost);
  expect(
    await failure(
      world,
      world.reader(plan).until(() => false),
    ),
  ).toEqual(lost);
  expect(await world.done(world.source.captureHealth(NAMES))).toMatchObject({ exists: true, lost: 'wal_removed' });
});

test('after a fail-over the server is another one, lacks what it never received, and has no slot', async () => {
  const world = new SimWorld();
  const { plan, reader } = await streaming(world);
  const before = await world.done(world.source.identity());
  await insert(world, 2, 3);
  world.postgres.failOver({ lacking: 2 });
  expect(
    await failure(
      world,
      reader.until(() => false),
    ),
  ).toEqual(LOST);
  const now = await world.done(world.source.identity());
  expect(now).toMatchObject({ system: before.system, history: '2' });
  expect(world.postgres.rows('item')).toEqual([{ id: '1' }]);
  expect(await world.seen(plan)).toEqual(['1']);
  expect(await failure(world, world.source.checkCapture(NAMES))).toEqual({ code: 'SLOT_MISSING', retriable: false });
});

test('a fail-over that lacks what was written last lacks a publication that was made after it', async () => {
  const world = new SimWorld();
  world.postgres.createTable(ITEM);
  await insert(world, 1, 2);
  await world.begun('item');
  world.postgres.failOver({ lacking: 1, slots: 'kept' });
  await world.done(world.source.identity());
  expect(await failure(world, world.source.checkCapture(NAMES))).toEqual({
    code: 'PUBLICATION_MISSING',
    retriable: false,
  });
});

test('nothing is streamed from another history than the one that was told last', async () => {
  const world = new SimWorld();
  const { plan } = await streaming(world);
  await world.done(world.source.identity());
  world.postgres.failOver({ slots: 'kept' });
  const replaced = { code: 'SOURCE_REPLACED', retriable: true };
  expect(
    await failure(
      world,
      world.reader(plan).until(() => false),
    ),
  ).toEqual(replaced);
  await world.done(world.source.identity());
  const reader = world.reader(plan);
  await insert(world, 2);
  await world.captured(reader);
});

test('a restart undoes what is open, keeps what is in the log, and breaks every connection', async () => {
  const world = new SimWorld();
  const { plan, reader } = await streaming(world);
  const open = world.postgres.begin();
  open.insert('item', { id: 2 });
  const stalled = world.postgres.begin();
  stalled.insert('item', { id: 3 });
  void stalled.commit({ visibleAfterMs: 60_000 });
  await world.until(() => stalled.isWritten);
  const snapshot = await world.done(world.source.openSnapshot());
  world.postgres.restart({ downMs: 500 });
  expect(
    await failure(
      world,
      reader.until(() => false),
    ),
  ).toEqual(LOST);
  expect(() => open.insert('item', { id: 4 })).toThrow(/has ended/);
  expect(await failure(world, world.source.identity())).toEqual(LOST);
  const up = world.kernel.now() + 500;
  await world.until(() => world.kernel.now() >= up && world.trace.some((line) => line.endsWith('the server is up')));
  expect(await world.seen(plan)).toEqual(['1', '3']);
  expect(tuples(await world.captured(world.reader(plan)))).toEqual(['1', '3']);
  expect(await failure(world, world.source.openReader(snapshot))).toEqual({ code: 'SNAPSHOT_LOST', retriable: false });
});

test('a shared snapshot ends with the process that holds it', async () => {
  const world = new SimWorld();
  world.postgres.createTable(ITEM);
  const { process, source } = world.of('holder');
  const { id } = await world.done(source.openSnapshot());
  await insert(world, 1);
  const reader = await world.done(world.source.openReader({ id }));
  await world.done(reader.close());
  process.kill();
  await world.until(() => world.trace.some((line) => line.endsWith('the server notices that holder is gone')));
  const lost = { code: 'SNAPSHOT_LOST', retriable: false };
  expect(await failure(world, world.source.openReader({ id }))).toEqual(lost);
});

test('a process that stands still keeps its slot until another one has waited, and then finds its stream ended', async () => {
  const world = new SimWorld();
  world.postgres.createTable(ITEM);
  const plan = await world.begun('item');
  const { process, source } = world.of('former');
  const former = world.reader(plan, source);
  await insert(world, 1);
  await world.done(former.until((event) => event.op === 'upsert'));
  process.standStill();
  const since = world.kernel.now();
  const reader = world.reader(plan);
  expect(tuples(await world.captured(reader))).toEqual(['1']);
  expect(world.kernel.now() - since).toBeGreaterThanOrEqual(3_000);
  process.goOn();
  expect(
    await failure(
      world,
      former.until(() => false),
    ),
  ).toEqual(LOST);
});

test('what was confirmed is not streamed again, unless the server forgot it', async () => {
  for (const seed of [1, 2, 3, 4, 5]) {
    const world = new SimWorld({ seed });
    const { plan, reader } = await streaming(world);
    reader.confirmAll();
    await world.done(reader.stream.stop());
    await insert(world, 2);
    expect(tuples(await world.captured(world.reader(plan, world.of('next').source)))).toEqual(['2']);
    world.postgres.restart();
    const [first] = tuples(await world.captured(world.reader(plan)));
    expect(['1', '2']).toContain(first);
  }
});

test('a slot whose maker dies before it is made is not there, and the next start makes it', async () => {
  const world = new SimWorld();
  world.postgres.createTable(ITEM);
  const plan = await world.plan('item');
  const open = world.postgres.begin();
  open.insert('item', { id: 1 });
  const { process, source } = world.of('former');
  void source.beginCapture(plan, NAMES, never);
  const { slots } = world.postgres.server;
  await world.until(() => slots.get(NAMES.slot) !== undefined);
  process.kill();
  const start = world.source.beginCapture(plan, NAMES, never);
  await world.until(() => slots.get(NAMES.slot) === undefined);
  await world.done(open.commit());
  await world.done(start);
  await world.done(world.source.checkCapture(NAMES));
});

test('an idle source offers what others wrote for confirmation', async () => {
  const world = new SimWorld();
  const { reader } = await streaming(world);
  world.postgres.writeElsewhere(1_000);
  const events = await world.done(reader.until((event) => event.op === 'commit'));
  reader.confirmAll();
  await world.done(reader.stream.stop());
  expect(events.map(({ op }) => op)).toEqual(['commit']);
  expect(await world.done(world.source.captureHealth(NAMES))).toMatchObject({ retainedBytes: 0 });
});

test('a start that is given up leaves no slot', async () => {
  const world = new SimWorld();
  world.postgres.createTable(ITEM);
  const plan = await world.plan('item');
  const open = world.postgres.begin();
  open.insert('item', { id: 1 });
  const abort = new AbortController();
  const start = world.source.beginCapture(plan, NAMES, abort.signal).catch((error: unknown) => error);
  await world.until(() => world.postgres.server.slots.get(NAMES.slot) !== undefined);
  abort.abort('over');
  expect(await world.done(start)).toBe('over');
  expect(world.postgres.server.slots.get(NAMES.slot)).toBeUndefined();
});
