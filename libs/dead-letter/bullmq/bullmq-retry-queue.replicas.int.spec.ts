import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from '@jest/globals';
import { testRedis, waitFor } from '#testing';
import { openQueue } from '../testing/bullmq-context.js';
import { severableLink } from '../testing/severable-link.js';

const numbered = (count: number): string[] => Array.from({ length: count }, (_, i) => `root ${i}`);

/** Touches of one replica. */
class Touched {
  readonly roots: string[] = [];
  readonly times: number[] = [];
  readonly touch = async (_: number, roots: readonly string[]): Promise<void> => {
    this.roots.push(...roots);
    for (const _ of roots) this.times.push(Date.now());
  };
}

/** Touches that do not end before they are told to. */
class Held {
  touching = 0;
  end: () => void = () => undefined;
  private readonly ended = new Promise<void>((resolve) => {
    this.end = resolve;
  });
  readonly touch = (): Promise<void> => {
    this.touching++;
    return this.ended;
  };
}

/** What is still in use of the heap. */
function heapInUse(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}

test('replicas share the due roots: each is touched once in all, and all take part', async () => {
  const redis = await testRedis();
  const [a, b] = [new Touched(), new Touched()];
  await using first = openQueue(a.touch, { ...redis, retriesAtOnce: 20 });
  await using second = openQueue(b.touch, { ...redis, retriesAtOnce: 20 });
  const roots = numbered(3_000);
  const due = Date.now() + 5_000;
  first.queue.add(0, roots.slice(0, 2_000), due);
  second.queue.add(0, roots.slice(1_000), due);
  await waitFor(() => a.roots.length + b.roots.length >= roots.length, { timeoutMs: 30_000 });
  await waitFor(async () => (await first.queue.idle()) && (await second.queue.idle()));
  expect([...a.roots, ...b.roots].toSorted()).toEqual(roots.toSorted());
  expect(a.roots.length).toBeGreaterThan(300);
  expect(b.roots.length).toBeGreaterThan(300);
});

test('no replica is idle while another one touches', async () => {
  const redis = await testRedis();
  const held = new Held();
  await using first = openQueue(held.touch, redis);
  await using second = openQueue(held.touch, redis);
  first.queue.add(0, ['a']);
  await waitFor(() => held.touching === 1);
  expect(await first.queue.idle()).toBe(false);
  expect(await second.queue.idle()).toBe(false);
  held.end();
  await waitFor(() => first.queue.idle());
  await waitFor(() => second.queue.idle());
});

test("what a replica was touching when it died is another one's in seconds", async () => {
  const redis = await testRedis();
  await using link = await severableLink(redis.uri);
  let begun = 0;
  const stuck = (_: number, roots: readonly string[]) => {
    begun += roots.length;
    return new Promise<void>(() => undefined);
  };
  await using dead = openQueue(stuck, { ...redis, uri: link.uri });
  dead.queue.add(0, ['a', 'b', 'c']);
  await waitFor(() => begun === 3);
  const touched = new Touched();
  await using alive = openQueue(touched.touch, redis);
  await link.cut();
  await waitFor(() => touched.roots.length >= 3, { timeoutMs: 14_000 });
  expect(touched.roots.toSorted()).toEqual(['a', 'b', 'c']);
  await waitFor(() => alive.queue.idle());
});

test('a touch that takes long is not given to another replica while its own is alive', async () => {
  const redis = await testRedis();
  const held = new Held();
  await using first = openQueue(held.touch, redis);
  await using second = openQueue(held.touch, redis);
  first.queue.add(0, ['a']);
  await waitFor(() => held.touching === 1);
  const begun = Date.now();
  // Longer than a dead one's jobs are left alone.
  await waitFor(() => Date.now() > begun + 11_000);
  expect(held.touching).toBe(1);
  held.end();
  await waitFor(() => second.queue.idle());
});

test('all replicas together touch so many roots a second at most', async () => {
  const redis = await testRedis();
  const touched = new Touched();
  await using first = openQueue(touched.touch, { ...redis, retriesPerSecond: 200 });
  await using second = openQueue(touched.touch, { ...redis, retriesPerSecond: 200 });
  first.queue.add(0, numbered(1_000), Date.now() + 2_000);
  await waitFor(() => touched.roots.length === 1_000, { timeoutMs: 40_000 });
  // BullMQ counts from the first of each second: two of those may adjoin.
  const within = touched.times.map((from) => touched.times.filter((time) => time >= from && time < from + 900).length);
  expect(Math.max(...within)).toBeLessThanOrEqual(400);
  await waitFor(() => second.queue.idle());
});

test('20,000 roots are added and touched in small pieces of work, in bounded memory', async () => {
  const redis = await testRedis();
  const touched = new Touched();
  await using context = openQueue(touched.touch, redis);
  await waitFor(() => context.queue.idle());
  const heap = heapInUse();
  const longest = longestPieceOfWork();
  context.queue.add(0, numbered(20_000));
  await waitFor(() => touched.roots.length >= 20_000, { timeoutMs: 200_000 });
  expect(longest()).toBeLessThan(0.15);
  expect(heapInUse() - heap).toBeLessThan(200 * 2 ** 20);
  expect(new Set(touched.roots).size).toBe(20_000);
  expect(context.queue.lacks()).toBe(false);
}, 240_000);

/**
 * The longest time of the processor between two turns of the event loop, as a share of all that was used meanwhile: of this
 * process alone, and the same on a machine that is slow or busy.
 */
function longestPieceOfWork(): () => number {
  const begun = process.cpuUsage();
  let longest = 0;
  let former = begun;
  const timer = setInterval(() => {
    longest = Math.max(longest, total(process.cpuUsage(former)));
    former = process.cpuUsage();
  }, 5);
  return () => {
    clearInterval(timer);
    return longest / total(process.cpuUsage(begun));
  };
}

const total = ({ user, system }: NodeJS.CpuUsage): number => user + system;

test('those that are due at one time are spread over the jitter, the same way by all replicas', async () => {
  const redis = await testRedis();
  const touched = new Touched();
  await using context = openQueue(touched.touch, { ...redis, jitterMs: 3_000 });
  const due = Date.now() + 500;
  for (let i = 0; i < 5; i++) context.queue.add(0, numbered(400), due);
  await waitFor(() => touched.roots.length === 400);
  expect(Math.min(...touched.times)).toBeGreaterThanOrEqual(due);
  expect(Math.max(...touched.times) - Math.min(...touched.times)).toBeGreaterThan(1_500);
  expect(await context.queue.idle()).toBe(true);
});
