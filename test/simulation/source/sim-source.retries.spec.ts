import { expect, test } from '@jest/globals';
import { MillraceError } from '#errors';
import { type Plan, packTuple, type TablePlan } from '#model';
import type { LoadedRows } from '#sources';
import { planOfTables } from '../../../libs/sources/testing/plan-of-tables.js';
import { type KernelOptions, Random, SimProcess, simTimers } from '../kernel/index.js';
import { EPOCH, ITEM, JOB, NAMES, never, SimWorld } from './sim-world.js';

const ROWS = 30;

function faults(seed: number): KernelOptions['faultOf'] {
  const random = new Random(seed + 1_000);
  return () => (random.chance(0.03) ? random.one(['lost', 'unanswered'] as const) : undefined);
}

/** A process that does all of it, trying again what may be tried again. */
class Copying {
  readonly rows = new Map<string, string>();
  readonly refused: MillraceError[] = [];

  constructor(
    private readonly world: SimWorld,
    private readonly name: string,
  ) {}

  async patiently<T>(work: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof MillraceError)) throw error;
        if (!error.retriable) this.refused.push(error);
        await simTimers(this.world.kernel, this.world.of(this.name).process).wait(50);
      }
    }
  }

  async load(table: TablePlan): Promise<void> {
    const { source } = this.world.of(this.name);
    const read = await this.patiently(async () => {
      const parts: LoadedRows[] = [];
      for await (const chunk of source.chunks(table, 7, never))
        for await (const part of source.readChunk(table, chunk, { signal: never })) parts.push(part);
      return parts;
    });
    for (const { keys, tuples } of read)
      keys.forEach((key, i) => {
        if (!this.rows.has(key)) this.rows.set(key, tuples[i] as string);
      });
  }

  /** Confirms what it has taken, and ends at a marker. */
  async follow(plan: Plan, marker: string): Promise<void> {
    const { source } = this.world.of(this.name);
    await this.patiently(async () => {
      const stream = source.capture(plan, NAMES, EPOCH);
      for await (const { events } of stream)
        for (const event of events) {
          if (event.op === 'upsert') this.rows.set(event.key, event.tuple);
          if (event.op === 'delete') this.rows.set(event.key, '');
          if (event.op === 'commit') stream.confirm(event.confirm);
          if (event.op === 'marker' && event.id === marker) return;
        }
    });
  }
}

async function writing(world: SimWorld): Promise<void> {
  const { postgres, kernel } = world;
  const timers = simTimers(kernel, new SimProcess('application'));
  for (let v = 0; v < 40; v++) {
    await timers.wait(kernel.random.below(100));
    const transaction = postgres.begin();
    const id = kernel.random.below(ROWS);
    if (!transaction.update('item', { id }, { v })) transaction.insert('item', { id, v });
    else if (kernel.random.chance(0.3)) transaction.delete('item', { id });
    await transaction.commit({});
    if (kernel.random.chance(0.05)) postgres.restart({ downMs: kernel.random.below(200) });
  }
}

test('through lost connections and restarts it all arrives, by trying again only what says that it may be', async () => {
  for (let seed = 1; seed <= 40; seed++) {
    const faultOf = faults(seed);
    const world = new SimWorld({ seed, ...(faultOf && { faultOf }) });
    world.postgres.createTable(ITEM);
    const copying = new Copying(world, 'service');
    const { source } = world.of('service');
    const catalogue = await world.done(copying.patiently(() => source.catalogue()));
    const plan = planOfTables(catalogue, JOB, ['public.item']);
    const [table] = plan.tables as [TablePlan];
    const writers = writing(world);
    await world.done(copying.patiently(() => source.beginCapture(plan, NAMES, never)));
    await world.done(copying.load(table));
    await world.done(writers);
    await world.done(copying.patiently(() => source.writeMarker(JOB, 'end')));
    await world.done(copying.follow(plan, 'end'));
    const made = [...copying.rows.values()].filter((tuple) => tuple !== '').sort();
    const rows = world.postgres.rows('item').map(({ id, v }) => packTuple([id ?? null, v ?? null]));
    expect({ seed, refused: copying.refused, rows: made }).toEqual({ seed, refused: [], rows: rows.sort() });
  }
});
