import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { startRedis } from '#servers';
import { waitFor } from '#testing';
import { bytesOf } from './pending-roots.js';
import { openQueue } from '../testing/bullmq-context.js';

const LATER_MS = 3_600_000;
const numbered = (count: number): string[] => Array.from({ length: count }, (_, i) => `root ${i}`);
const printed: unknown[] = [];
const rejected = (reason: unknown) => printed.push(reason);

beforeEach(() => {
  printed.length = 0;
  for (const method of ['log', 'info', 'warn', 'error'] as const)
    jest.spyOn(console, method).mockImplementation((...parts) => printed.push(parts));
  process.on('unhandledRejection', rejected);
});

afterEach(() => {
  process.off('unhandledRejection', rejected);
  jest.restoreAllMocks();
  expect(printed).toEqual([]);
});

function collect() {
  const touched: string[] = [];
  return { touched, touch: async (_: number, roots: readonly string[]) => void touched.push(...roots) };
}

async function ask<T>(uri: string, question: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(uri);
  try {
    return await question(redis);
  } finally {
    redis.disconnect();
  }
}

test('goes on by itself when Redis is back without anything, tells so, and asks for the letters once', async () => {
  await using server = await startRedis();
  const { touched, touch } = collect();
  await using context = openQueue(touch, { uri: server.uri });
  const { queue, troubles } = context;
  queue.add(0, ['lost'], Date.now() + LATER_MS);
  await waitFor(() => queue.idle());
  await server.kill();
  await waitFor(() => troubles.at(-1) !== undefined);
  for (let i = 0; i < 10; i++) queue.add(0, [`while away ${i}`]);
  expect(await queue.idle()).toBe(false);
  expect(queue.lacks()).toBe(false);
  await server.restart();
  await waitFor(() => touched.length === 10);
  await waitFor(() => queue.lacks());
  expect(queue.lacks()).toBe(false);
  await waitFor(() => troubles.at(-1) === undefined);
  queue.add(0, ['lost']);
  await waitFor(() => touched.includes('lost'));
  await waitFor(() => queue.idle());
  expect(troubles[0]).toMatch(/^Redis does not take retries of dead letters: [A-Za-z ]+$/);
  expect(context.failures).toEqual([]);
});

test('takes up what Redis has kept over a restart', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'millrace-redis-'));
  try {
    await using server = await startRedis({ dataDir });
    const { touched, touch } = collect();
    await using context = openQueue(touch, { uri: server.uri });
    const { queue, troubles } = context;
    queue.add(0, numbered(50), Date.now() + 4_000);
    await waitFor(() => queue.idle());
    await server.restart();
    await waitFor(() => troubles.length > 0 && troubles.at(-1) === undefined);
    await waitFor(() => touched.length === 50);
    expect(queue.lacks()).toBe(false);
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
});

test('finds out that Redis was wiped while a worker waits, in every replica, and takes what is added again', async () => {
  await using server = await startRedis();
  const { touched, touch } = collect();
  await using first = openQueue(touch, { uri: server.uri });
  await using second = openQueue(touch, { uri: server.uri });
  first.queue.add(0, ['a', 'b'], Date.now() + LATER_MS);
  await waitFor(async () => (await first.queue.idle()) && (await second.queue.idle()));
  await ask(server.uri, (redis) => redis.flushall());
  await waitFor(() => first.queue.lacks());
  await waitFor(() => second.queue.lacks());
  first.queue.add(0, ['a']);
  second.queue.add(0, ['b'], Date.now() + 500);
  await waitFor(() => touched.length === 2);
  expect(touched).toEqual(['a', 'b']);
  expect(first.queue.lacks()).toBe(false);
});

test('goes on when Redis is wiped under touches that are under way', async () => {
  await using server = await startRedis();
  const touched: string[] = [];
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const touch = async (_: number, roots: readonly string[]) => {
    touched.push(...roots);
    await ended;
  };
  await using context = openQueue(touch, { uri: server.uri });
  context.queue.add(0, numbered(20));
  await waitFor(() => touched.length === 20);
  await ask(server.uri, (redis) => redis.flushall());
  end();
  await waitFor(() => context.queue.lacks());
  context.queue.add(0, ['after']);
  await waitFor(() => touched.includes('after'));
  await waitFor(() => context.queue.idle());
  expect(context.failures).toEqual([]);
});

test('holds no more than its bound while Redis is away, and asks for the rest when it is back', async () => {
  await using server = await startRedis();
  const { touched, touch } = collect();
  await server.kill();
  await using context = openQueue(touch, { uri: server.uri, maxPendingBytes: 1_000 * bytesOf('root 999') });
  const { queue } = context;
  const begun = performance.now();
  queue.add(0, numbered(200_000));
  expect(performance.now() - begun).toBeLessThan(2_000);
  expect(queue.lacks()).toBe(false);
  await server.restart();
  await waitFor(() => queue.lacks());
  await waitFor(() => touched.length >= 1_000);
  await waitFor(() => queue.idle());
  expect(touched.length).toBeLessThan(1_010);
});

test('stops within seconds, and holds nothing, wherever Redis is: there, never there, gone while a worker waits or touches', async () => {
  await using server = await startRedis();
  // Those of the tests before; another file's, in this very process, may stay.
  await waitFor(() => !process.getActiveResourcesInfo().includes('TCPSocketWrap')).catch(() => undefined);
  const before = heldUp();
  const there = openQueue(async () => undefined, { uri: server.uri });
  await waitFor(() => there.queue.idle());
  expect(await timeOf(there.queue.stop())).toBeLessThan(2_000);
  await waitFor(() => heldUp() <= before);
  const never = openQueue(async () => undefined, { uri: 'redis://127.0.0.1:1' });
  const waiting = [1, 2, 3, 4].map((n) =>
    openQueue(async () => undefined, { uri: server.uri, prefix: `waiting ${n}` }),
  );
  let begun = 0;
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const touch = () => {
    begun++;
    return ended;
  };
  const touching = openQueue(touch, { uri: server.uri, prefix: 'touching' });
  touching.queue.add(0, ['a']);
  await waitFor(() => begun === 1);
  for (const { queue } of waiting) await waitFor(() => queue.idle());
  await server.kill();
  await waitFor(() => [...waiting, touching].every(({ troubles }) => troubles.length > 0));
  for (const { queue } of [never, ...waiting, touching]) expect(await timeOf(queue.stop())).toBeLessThan(4_000);
  end();
  await waitFor(() => heldUp() <= before);
});

test('tells of a Redis that hangs, stops all the same, and goes on when it answers', async () => {
  await using server = await startRedis();
  const { touched, touch } = collect();
  const stopped = openQueue(touch, { uri: server.uri, prefix: 'stopped' });
  await using context = openQueue(touch, { uri: server.uri });
  const { queue, troubles } = context;
  await waitFor(async () => (await queue.idle()) && (await stopped.queue.idle()));
  process.kill(server.pid, 'SIGSTOP');
  try {
    queue.add(0, ['while it hangs']);
    await waitFor(() => troubles.at(-1) !== undefined);
    expect(await queue.idle()).toBe(false);
    expect(await timeOf(stopped.queue.stop())).toBeLessThan(4_000);
  } finally {
    process.kill(server.pid, 'SIGCONT');
  }
  await waitFor(() => troubles.at(-1) === undefined);
  queue.add(0, ['after']);
  await waitFor(() => touched.includes('after'));
  await waitFor(() => queue.lacks());
});

test('tells what Redis refuses, without the password', async () => {
  await using server = await startRedis({ password: 'correct horse' });
  await using context = openQueue(async () => undefined, { uri: server.uri.replace('correct', 'wrong') });
  context.queue.add(0, ['a']);
  await waitFor(() => context.troubles.length > 0);
  expect(context.troubles).toEqual(['Redis does not take retries of dead letters: WRONGPASS']);
  await using other = openQueue(async () => undefined, { uri: server.uri });
  other.queue.add(0, ['a']);
  await waitFor(() => other.queue.idle());
  expect(other.troubles).toEqual([]);
});

test('leaves to the letters what a full Redis does not take, and tells so until it does', async () => {
  await using server = await startRedis();
  const { touched, touch } = collect();
  await using context = openQueue(touch, { uri: server.uri });
  const { queue, troubles } = context;
  await waitFor(() => queue.idle());
  await ask(server.uri, (redis) => redis.config('SET', 'maxmemory', '1mb'));
  await waitFor(() => troubles.at(-1)?.endsWith(': OOM'));
  queue.add(0, ['a']);
  await waitFor(() => queue.lacks());
  await ask(server.uri, (redis) => redis.config('SET', 'maxmemory', '0'));
  await waitFor(() => troubles.at(-1) === undefined);
  queue.add(0, ['a']);
  await waitFor(() => touched.includes('a'));
});

test('warns once where Redis may forget keys', async () => {
  await using server = await startRedis({ args: ['--maxmemory-policy', 'allkeys-lru'] });
  await using context = openQueue(async () => undefined, { uri: server.uri });
  await waitFor(() => context.notices.length > 0);
  expect(context.notices).toMatchObject([{ level: 'warn', context: { policy: 'allkeys-lru' } }]);
});

/** What keeps the process from ending. */
function heldUp(): number {
  return process.getActiveResourcesInfo().filter((each) => each === 'Timeout' || each === 'TCPSocketWrap').length;
}

async function timeOf(work: Promise<void>): Promise<number> {
  const begun = performance.now();
  await work;
  return performance.now() - begun;
}
