import { expect, test } from '@jest/globals';
import type { LogBatch } from '#log';
import { type CallFault, type Random, SimProcess, simTimers } from '../kernel/index.js';
import { GROUP, LogWorld, type Numbered, numbered, type Service, TOPIC } from './kit/log-world.js';

const PARTITIONS = [0, 1, 2];
const APPENDS = 30;
const SEEDS = Array.from({ length: 60 }, (_, i) => i + 1);

/** A producer and consumers under everything that the broker and the network may do to them, until all is completed. */
class Ordeal {
  readonly services: Service[] = [];
  /** By partition, what a service has completed. */
  readonly completed = PARTITIONS.map(() => new Set<number>());
  /** Commits of what nobody had completed. */
  readonly early: string[] = [];
  readonly failures: unknown[] = [];
  readonly random: Random;
  private isTroubled = true;
  private begun = 0;

  private constructor(readonly world: LogWorld) {
    this.random = world.kernel.random.fork();
    world.broker.onCommitted((_topic, _group, partition, offset) => {
      const below = world.broker.messages(TOPIC, partition).filter((message) => message.offset < offset);
      const numbers = below.flatMap(({ records }) => records.map((record) => (record as Numbered).n));
      if (!numbers.every((n) => this.completed[partition]?.has(n))) this.early.push(`${partition}:${offset}`);
    });
  }

  static async of(seed: number): Promise<Ordeal> {
    let ordeal: Ordeal | undefined;
    const faultOf = () => ordeal?.fault();
    const broker = { cuts: 0.3, sessionMs: 6_000 };
    ordeal = new Ordeal(await LogWorld.make({ seed, faultOf, broker, partitions: PARTITIONS.length }));
    return ordeal;
  }

  async run(): Promise<void> {
    const { world } = this;
    const operator = simTimers(world.kernel, new SimProcess('operator'));
    await this.begin();
    await this.begin();
    const appends: Promise<void>[] = [];
    for (let n = 0; n < APPENDS; n++) {
      for (const partition of PARTITIONS) appends.push(world.producer.append(TOPIC, partition, numbered(n)));
      if (n % 3 === 0) await this.trouble();
      await world.done(operator.wait(100 * operator.random()));
    }
    this.isTroubled = false;
    for (const { process } of this.services) process.goOn();
    await this.begin();
    await world.done(Promise.all(appends));
    await world.done(world.producer.completed(TOPIC, GROUP, new AbortController().signal));
  }

  private fault(): CallFault | undefined {
    return this.isTroubled && this.random.chance(0.1) ? this.random.one(['lost', 'unanswered']) : undefined;
  }

  private async begin(): Promise<void> {
    const completed = (batch: LogBatch<Numbered>, process: SimProcess) => this.complete(batch, process);
    const service = await this.world.service(`service ${++this.begun}`, { completed });
    service.consumer.failed.catch((error: unknown) => this.failures.push(error));
    this.services.push(service);
  }

  private async complete(batch: LogBatch<Numbered>, process: SimProcess): Promise<void> {
    for (;;) {
      try {
        return await this.world.kernel.call(process, 'store', () => {
          for (const { n } of batch.records) this.completed[batch.partition]?.add(n);
        });
      } catch {
        // Again.
      }
    }
  }

  private async trouble(): Promise<void> {
    const { broker } = this.world;
    const { process } = this.random.one(this.services);
    const kind = this.random.below(5);
    if (kind === 0) broker.rebalance(TOPIC);
    if (kind === 1) broker.redeliver(TOPIC);
    if (kind === 2) process.standStill();
    if (kind === 3) process.goOn();
    if (kind !== 4) return;
    process.kill();
    await this.begin();
  }
}

const all = numbered(0, APPENDS).map(({ n }) => n);

test.each(SEEDS)('under faults nothing is lost, passed, or committed too early or twice (seed %i)', async (seed) => {
  const ordeal = await Ordeal.of(seed);
  const { world } = ordeal;
  await ordeal.run();
  for (const partition of PARTITIONS) {
    expect([...new Set(world.numbers(partition))]).toEqual(all);
    expect([...(ordeal.completed[partition] ?? [])].sort((a, b) => a - b)).toEqual(all);
    const offsets = world.commits.filter((commit) => commit.startsWith(`${partition}:`)).map((c) => Number(c.slice(2)));
    expect(offsets).toEqual(offsets.toSorted((a, b) => a - b));
  }
  expect(ordeal.early).toEqual([]);
  expect(ordeal.failures).toEqual([]);
});

test('one seed is one schedule', async () => {
  const traceOf = async (seed: number) => {
    const ordeal = await Ordeal.of(seed);
    await ordeal.run();
    return ordeal.world.trace;
  };
  const first = await traceOf(3);
  expect(first.length).toBeGreaterThan(300);
  expect(await traceOf(3)).toEqual(first);
  expect(await traceOf(4)).not.toEqual(first);
});
