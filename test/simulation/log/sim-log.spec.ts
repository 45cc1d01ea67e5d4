import { describe, expect, test } from '@jest/globals';
import { GROUP, LogWorld, numbered, numbersOf, type Service, TOPIC } from './kit/log-world.js';

const SEEDS = Array.from({ length: 40 }, (_, i) => i + 1);
const never = () => new Promise<void>(() => undefined);

/** Where one schedule does not show it, another one does: the results of all seeds. */
function ofSeeds<T>(run: (seed: number) => Promise<T>): Promise<T[]> {
  return SEEDS.reduce<Promise<T[]>>(async (done, seed) => [...(await done), await run(seed)], Promise.resolve([]));
}

describe('the group of a simulated log', () => {
  test('gives the partitions of a killed member to another one, from the last commit on', async () => {
    const world = await LogWorld.make({ partitions: 4 });
    let completed = () => Promise.resolve();
    const a = await world.service('a', { completed: () => completed() });
    const b = await world.service('b');
    await world.until(() => a.partitions.length === 2 && b.partitions.length === 2);
    for (const partition of [0, 1, 2, 3]) await world.append(partition, numbered(partition * 10));
    await world.drained();
    completed = never;
    for (const partition of [0, 1, 2, 3]) await world.append(partition, numbered(partition * 10 + 1));
    await world.until(() => a.batches.length === 4);
    const lost = a.partitions;
    a.process.kill();
    const before = b.batches.length;
    await world.drained();
    const taken = b.batches.slice(before).filter(({ partition }) => lost.includes(partition));
    expect(taken.map(({ records }) => records[0]?.n).sort()).toEqual(lost.map((partition) => partition * 10 + 1));
    expect([...b.partitions].sort()).toEqual([0, 1, 2, 3]);
    expect(world.trace.join('\n')).toContain('sessions of a are over');
  });

  test('of a member that stood still past its session the work goes on as a former owner’s, and its commits are refused', async () => {
    const runs = await ofSeeds(async (seed) => {
      const world = await LogWorld.make({ seed });
      const complete: (() => void)[] = [];
      const a = await world.service('a', { completed: () => new Promise((resolve) => complete.push(resolve)) });
      const b = await world.service('b');
      // Of one partition only one of them has it; this is about the one that has.
      await world.until(() => a.partitions.length + b.partitions.length === 1);
      if (b.partitions.length > 0) return undefined;
      await world.append(0, numbered(0));
      await world.until(() => a.batches.length === 1);
      a.process.standStill();
      await world.until(() => b.partitions.length === 1);
      await world.drained();
      expect(numbersOf(b)).toEqual([0]);
      a.process.goOn();
      complete[0]?.();
      await world.append(0, numbered(1));
      await world.until(() => a.batches[0]?.signal.aborted === true);
      await world.drained().catch(() => undefined);
      return {
        isRefused: world.trace.some((line) => line.includes('a ← commit rows.transform fails')),
        handed: numbersOf(a),
      };
    });
    expect(runs.some((run) => run?.isRefused)).toBe(true);
    expect(runs.some((run) => run?.handed.includes(1))).toBe(true);
  });

  test('keeps a member that stands still for less than its session', async () => {
    const world = await LogWorld.make();
    const a = await world.service('a');
    a.process.standStill();
    a.process.goOn();
    await world.append(0, numbered(0));
    await world.drained();
    expect(world.trace.join('\n')).not.toContain('are over');
  });

  test('hands records of a partition that moves in a rebalance over again, and what its former owner completes does not count', async () => {
    const world = await LogWorld.make({ partitions: 2 });
    const complete: (() => void)[] = [];
    const completed = () => new Promise<void>((resolve) => complete.push(resolve));
    const services = [await world.service('a', { completed }), await world.service('b', { completed })];
    await world.until(() => services.every(({ partitions }) => partitions.length === 1));
    await world.append(0, numbered(5));
    const [owner, other] = (services[0]?.partitions[0] === 0 ? services : services.toReversed()) as [Service, Service];
    await world.until(() => owner.batches.length === 1);
    while (!other.partitions.includes(0)) {
      world.broker.rebalance(TOPIC);
      const { step } = world.kernel;
      await world.until(() => world.kernel.step >= step + 2);
    }
    await world.until(() => owner.batches[0]?.signal.aborted === true && other.batches.length > 0);
    expect(numbersOf(other)).toEqual([5]);
    complete[0]?.();
    await world.until(() => complete.length === 2);
    expect(world.broker.committed(TOPIC, GROUP, 0)).toBeUndefined();
    complete[1]?.();
    await world.drained();
  });

  test('takes a partition anew that another member had while it stood still', async () => {
    const world = await LogWorld.make({ broker: { sessionMs: 1e6 } });
    const complete: (() => void)[] = [];
    const a = await world.service('a', { completed: () => new Promise((resolve) => complete.push(resolve)) });
    await world.append(0, numbered(0));
    await world.until(() => a.batches.length === 1);
    a.process.standStill();
    const b = await world.service('b');
    while (!b.partitions.includes(0)) {
      world.broker.rebalance(TOPIC);
      const { step } = world.kernel;
      await world.until(() => b.partitions.includes(0) || world.kernel.step > step);
    }
    await world.append(0, numbered(1));
    await world.drained();
    await world.done(b.consumer.stop(1_000));
    complete[0]?.();
    a.process.goOn();
    await world.until(() => a.batches[0]?.signal.aborted === true);
    await world.append(0, numbered(2));
    await world.until(() => complete.length === 2);
    complete[1]?.();
    await world.drained();
    expect(numbersOf(a)).toEqual([0, 2]);
    expect(world.commits.at(-1)).toBe('0:3');
    expect(world.commits).toEqual(world.commits.toSorted());
  });

  test('drops a member although it lives, which joins again and gets what was not committed', async () => {
    const world = await LogWorld.make();
    let completed = never;
    const a = await world.service('a', { completed: () => completed() });
    await world.append(0, numbered(0, 3));
    await world.until(() => a.batches.length === 1);
    world.broker.redeliver(TOPIC);
    completed = () => Promise.resolve();
    await world.until(() => a.batches.length === 2);
    expect(a.batches[0]?.signal.aborted).toBe(true);
    expect(numbersOf(a)).toEqual([0, 1, 2, 0, 1, 2]);
    await world.drained();
  });
});

describe('an append to a simulated log', () => {
  test.each([
    ['lost', [0, 1, 2]],
    ['unanswered', [0, 0, 1, 2]],
  ] as const)('that is %s is sent again, and nothing passes it', async (fault, expected) => {
    let faults = 1;
    const faultOf = (_: unknown, label: string) => (label.startsWith('append') && faults-- > 0 ? fault : undefined);
    const world = await LogWorld.make({ faultOf, broker: { lateArrivals: 0 } });
    const appended: Promise<void>[] = [];
    for (const n of [0, 1, 2]) {
      appended.push(world.producer.append(TOPIC, 0, numbered(n)));
      await world.until(() => true);
    }
    await world.done(Promise.all(appended));
    expect(world.numbers(0)).toEqual(expected);
  });

  test('that was given up may arrive late, behind newer ones', async () => {
    const arrived = await ofSeeds(async (seed) => {
      let faults = 1;
      const faultOf = (_: unknown, label: string) => (label.startsWith('append') && faults-- > 0 ? 'lost' : undefined);
      const world = await LogWorld.make({ seed, faultOf, broker: { lateArrivals: 1 } });
      for (const n of [0, 1]) await world.append(0, numbered(n));
      await world.until(() => world.numbers(0).length === 3);
      return world.numbers(0).join();
    });
    expect([...new Set(arrived)].sort()).toEqual(['0,0,1', '0,1,0']);
  });

  test('keeps what it was given, whoever changes that', async () => {
    const world = await LogWorld.make();
    const record = { ...numbered(0)[0], tuple: ['x', undefined], at: new Date(5), raw: new Uint8Array([1]) };
    await world.append(0, [record as never]);
    record.tuple[0] = 'y';
    record.raw[0] = 2;
    const a = await world.service('a');
    await world.until(() => a.batches.length === 1);
    const seen = a.batches[0]?.records[0] as unknown as typeof record;
    expect(seen).toEqual({ bytes: 10, n: 0, tuple: ['x', null], at: new Date(5), raw: new Uint8Array([1]) });
    expect(() => seen.tuple.push('z')).toThrow(TypeError);
  });
});

describe('a damaged topic of a simulated log', () => {
  test('stops its reader where unread records are gone', async () => {
    const world = await LogWorld.make();
    const a = await world.service('a', { completed: never, maxUncompleted: 1 });
    await world.append(0, numbered(0));
    await world.until(() => a.batches.length === 1);
    a.process.standStill();
    for (const n of [1, 2]) await world.append(0, numbered(n));
    world.broker.truncate(TOPIC, 0);
    a.process.goOn();
    await expect(world.done(a.consumer.failed)).rejects.toMatchObject({ code: 'LOG_DAMAGED' });
  });

  test('stops its reader where it was made anew; the broker forgets what was committed, so a later one cannot tell', async () => {
    const world = await LogWorld.make();
    const a = await world.service('a');
    await world.append(0, numbered(0, 1));
    await world.drained();
    world.broker.recreate(TOPIC);
    await expect(world.done(a.consumer.failed)).rejects.toMatchObject({ code: 'LOG_DAMAGED' });
    const b = await world.service('b');
    await world.append(0, numbered(1, 1));
    await world.drained();
    expect(numbersOf(b)).toEqual([1]);
  });

  test('stops its reader where an election has lost what it has read, and gives those offsets again', async () => {
    const world = await LogWorld.make();
    const a = await world.service('a');
    for (const n of [0, 1, 2]) await world.append(0, numbered(n, 1));
    await world.drained();
    world.broker.electUnclean(TOPIC, 0, 2);
    expect(world.broker.bounds(TOPIC)).toEqual([{ low: 0, high: 1 }]);
    await expect(world.done(a.consumer.failed)).rejects.toMatchObject({ code: 'LOG_DAMAGED' });
  });

  test.each([
    ['set by somebody else', (world: LogWorld) => world.broker.group(TOPIC, GROUP).setOffset(0, 1)],
    ['gone, and records with them', (world: LogWorld) => world.broker.group(TOPIC, GROUP).expire()],
  ])('stops its next reader where its offsets are %s', async (_, befall) => {
    const world = await LogWorld.make();
    const a = await world.service('a', { isOnlyGroup: true });
    await world.append(0, numbered(0, 1));
    await world.until(() => world.broker.bounds(TOPIC)[0]?.low === 1);
    expect(() => befall(world)).toThrow('has members');
    await world.done(a.consumer.stop(1_000));
    befall(world);
    const b = await world.service('b').catch((error: unknown) => error);
    const failed = b instanceof Error ? Promise.reject(b) : (b as Service).consumer.failed;
    await expect(world.done(failed)).rejects.toMatchObject({ code: 'LOG_DAMAGED' });
  });

  test('is refused by whoever makes sure of it where it has another partition', async () => {
    const world = await LogWorld.make();
    const create = () => world.producer.create([{ name: TOPIC, partitions: 1 }], { wereMade: true });
    await world.done(create());
    world.broker.addPartition(TOPIC);
    await expect(world.done(create())).rejects.toMatchObject({ code: 'LOG_PARTITIONS_DIFFER' });
  });

  test('that is gone stops readers, appends and who waits for completion', async () => {
    const world = await LogWorld.make();
    const a = await world.service('a', { completed: never });
    await world.append(0, numbered(0));
    const waiting = a.log.completed(TOPIC, GROUP, new AbortController().signal);
    waiting.catch(() => undefined);
    await world.until(() => a.batches.length === 1);
    await world.done(world.producer.remove([TOPIC]));
    for (const work of [a.consumer.failed, waiting, world.producer.append(TOPIC, 0, numbered(1))])
      await expect(world.done(work)).rejects.toMatchObject({ code: 'LOG_TOPIC_MISSING' });
  });
});

test('what the only group of a topic has completed is deleted', async () => {
  const world = await LogWorld.make();
  await world.service('a', { isOnlyGroup: true });
  await world.append(0, numbered(0, 2));
  await world.until(() => world.numbers(0).length === 0);
  expect(world.commits).toEqual(['0:1']);
  expect(world.broker.bounds(TOPIC)).toEqual([{ low: 1, high: 1 }]);
});

test('a client that falls silent is replaced, and everything comes', async () => {
  let silent = 3;
  const world = await LogWorld.make({
    faultOf: (process, label) =>
      process.name === 'a' && label.startsWith('fetch ') && silent-- > 0 ? 'silent' : undefined,
  });
  const replaced: string[] = [];
  world.broker.onReplaced(({ name }) => replaced.push(name));
  const a = await world.service('a');
  await world.append(0, numbered(0, 3));
  await world.drained();
  expect(replaced).toEqual(['a', 'a', 'a']);
  expect(numbersOf(a)).toEqual([0, 1, 2]);
});
