import { expect, test } from '@jest/globals';
import { type Plan, packTuple, type TablePlan } from '#model';
import type { CaptureEvent } from '#sources';
import { type Random, SimProcess, simTimers } from '../kernel/index.js';
import { type CommitOptions, StatementFailed } from './index.js';
import { ITEM, NAMES, never, SimWorld } from './sim-world.js';

const KEYS = 60;

/** Mostly at once, sometimes with a long wait before one of the steps. */
function stalls(random: Random): CommitOptions {
  const stall = () => (random.chance(0.2) ? random.below(2_000) : 0);
  const options = { flushedAfterMs: stall(), committedAfterMs: stall(), visibleAfterMs: stall() };
  return { ...options, asynchronous: random.chance(0.3) };
}

/** Few transactions after the start, so that what it loses is not written again by chance. */
async function writing(world: SimWorld, name: string, isOver: () => boolean): Promise<void> {
  const { kernel, postgres } = world;
  const timers = simTimers(kernel, new SimProcess(name));
  const random = kernel.random.fork();
  for (let i = 0, left = 2; left > 0; i++) {
    if (isOver()) left--;
    await timers.wait(random.below(30));
    const transaction = postgres.begin();
    try {
      for (let n = random.between(1, 3); n > 0; n--) {
        const id = random.below(KEYS);
        const kind = random.below(4);
        if (kind === 0) transaction.delete('item', { id });
        else if (kind === 1) transaction.update('item', { id }, { id: random.below(KEYS) });
        else if (!transaction.update('item', { id }, { v: i })) transaction.insert('item', { id, v: i });
        if (random.chance(0.5)) await timers.wait(random.below(40));
      }
      if (random.chance(0.1)) transaction.rollback();
      else await transaction.commit();
    } catch (error) {
      if (!(error instanceof StatementFailed)) throw error;
    }
  }
}

/** What load and capture together make of it: a captured change wins over a loaded row. */
async function copied(world: SimWorld, plan: Plan): Promise<string[]> {
  const { source } = world;
  const table = plan.tables[0] as TablePlan;
  let isStarted = false;
  const writers = Promise.all(['a', 'b', 'c', 'd'].map((name) => writing(world, name, () => isStarted)));
  await world.done(source.beginCapture(plan, NAMES, never));
  isStarted = true;
  const reader = world.reader(plan);
  const rows = new Map<string, string>();
  const load = (async () => {
    for await (const chunk of source.chunks(table, 7, never))
      for await (const { keys, tuples } of source.readChunk(table, chunk, { signal: never }))
        keys.forEach((key, i) => {
          rows.set(key, tuples[i] as string);
        });
  })();
  await world.done(load);
  await world.done(writers);
  await world.until(() => world.postgres.isQuiet());
  for (const event of await world.captured(reader)) apply(event, rows);
  return [...rows.values()].sort();
}

function apply(event: CaptureEvent, rows: Map<string, string>): void {
  if (event.op === 'upsert') rows.set(event.key, event.tuple);
  if (event.op === 'delete') rows.delete(event.key);
}

test('load and capture together make the table, in whatever order its transactions are written and visible', async () => {
  for (let seed = 1; seed <= 60; seed++) {
    const world = new SimWorld({ seed, commitOptions: stalls });
    world.postgres.createTable(ITEM);
    const plan = await world.plan('item');
    const made = await copied(world, plan);
    const rows = world.postgres.rows('item').map(({ id, v }) => packTuple([id ?? null, v ?? null]));
    expect({ seed, rows: made }).toEqual({ seed, rows: rows.sort() });
    expect({ seed, rows: (await world.seen(plan)).sort() }).toEqual({ seed, rows });
  }
});
