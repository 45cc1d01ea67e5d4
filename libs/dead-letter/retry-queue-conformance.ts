import { describe, expect, test } from '@jest/globals';
import { waitFor } from '#testing';
import type { RetryQueue, TouchAgain } from './retry-queue.js';

export interface RetryQueueContext extends AsyncDisposable {
  queue: RetryQueue;
  /** What `onFailure` was told. */
  failures: unknown[];
}

export interface MakeContext {
  touch: TouchAgain;
  /** So many roots of one letter, and no more, can be added at once. */
  holds?: number;
}

/** What every adapter of the RetryQueue port must do, on the real clock. `make` gives a fresh queue. */
export function describeRetryQueue(name: string, make: (parts: MakeContext) => Promise<RetryQueueContext>): void {
  describe(`${name} as a retry queue`, () => {
    describe('order', () => orderTests(make));
    describe('roots', () => rootTests(make));
    describe('idle', () => idleTests(make));
    describe('failure and bounds', () => failureTests(make));
  });
}

type Make = (parts: MakeContext) => Promise<RetryQueueContext>;

/** Touches as they come, and what to give to a queue. */
function collect(): { touched: string[]; touch: TouchAgain } {
  const touched: string[] = [];
  return {
    touched,
    touch: async (collection, roots) => {
      for (const root of roots) touched.push(`${collection}:${root}`);
    },
  };
}

class Gate {
  open!: () => void;
  readonly opened = new Promise<void>((resolve) => {
    this.open = resolve;
  });
}

function orderTests(make: Make): void {
  test('touches roots when they are due, and not before', async () => {
    const { touched, touch } = collect();
    await using context = await make({ touch });
    const now = Date.now();
    context.queue.add(0, ['late'], now + 6_000);
    context.queue.add(0, ['soon'], now + 2_500);
    context.queue.add(0, ['at once']);
    await waitFor(() => touched.length === 2);
    expect(touched).toEqual(['0:at once', '0:soon']);
    expect(Date.now()).toBeGreaterThanOrEqual(now + 2_500);
    await waitFor(() => touched.length === 3);
    expect(Date.now()).toBeGreaterThanOrEqual(now + 6_000);
  });

  test('touches a root that is added twice once, at the earlier time', async () => {
    const { touched, touch } = collect();
    await using context = await make({ touch });
    const now = Date.now();
    context.queue.add(0, ['a', 'b'], now + 60_000);
    await waitFor(() => context.queue.idle());
    context.queue.add(0, ['a', 'b'], now + 1_500);
    await waitFor(() => context.queue.idle());
    context.queue.add(0, ['a', 'b'], now + 120_000);
    context.queue.add(0, ['b']);
    await waitFor(() => touched.length === 2);
    expect(touched).toEqual(['0:b', '0:a']);
    context.queue.add(0, ['end']);
    await waitFor(() => touched.length === 3);
    expect(touched[2]).toBe('0:end');
  });

  test('touches a root again that is added again after its touch', async () => {
    const { touched, touch } = collect();
    await using context = await make({ touch });
    for (const count of [1, 2, 3]) {
      context.queue.add(0, ['a']);
      await waitFor(() => touched.length === count);
    }
    expect(touched).toEqual(['0:a', '0:a', '0:a']);
  });

  test('touches a root again that is added while it is being touched', async () => {
    const gate = new Gate();
    const touched: string[] = [];
    await using context = await make({
      touch: async (_, roots) => {
        touched.push(...roots);
        await gate.opened;
      },
    });
    context.queue.add(0, ['a']);
    await waitFor(() => touched.includes('a'));
    context.queue.add(0, ['a', 'b']);
    await waitFor(() => touched.includes('b'));
    gate.open();
    await waitFor(() => touched.filter((root) => root === 'a').length === 2);
  });
}

function rootTests(make: Make): void {
  test('gives roots back as they are, whatever they are made of, each to its collection', async () => {
    const { touched, touch } = collect();
    await using context = await make({ touch });
    const roots = ['', ' ', ':', 'a:b:c', '0:1', '17', 'é', '\u{1F600}', '\0\x01\n"\'', '{"a":1}', 'x'.repeat(2_000)];
    for (const collection of [0, 17]) context.queue.add(collection, roots);
    await waitFor(() => touched.length === 2 * roots.length);
    expect(touched.toSorted()).toEqual([0, 17].flatMap((i) => roots.map((root) => `${i}:${root}`)).toSorted());
  });

  test('touches many roots, hardly one of them twice', async () => {
    const { touched, touch } = collect();
    await using context = await make({ touch });
    const roots = Array.from({ length: 3_000 }, (_, i) => `root ${i}`);
    context.queue.add(1, roots);
    await waitFor(() => touched.length >= roots.length, { timeoutMs: 30_000 });
    expect(new Set(touched).size).toBe(roots.length);
    await waitFor(() => context.queue.idle());
    // A touch is a repeat at worst: a process that stood still for some seconds is taken for dead, and its roots are given out again.
    expect(touched.length).toBeLessThan(1.1 * roots.length);
  });
}

function idleTests(make: Make): void {
  test('is idle while nothing is due, and not while something is due or under way', async () => {
    const gate = new Gate();
    let touches = 0;
    const touch = () => {
      touches++;
      return gate.opened;
    };
    await using context = await make({ touch });
    const { queue } = context;
    queue.add(0, ['not yet'], Date.now() + 60_000);
    await waitFor(() => queue.idle());
    queue.add(0, ['now']);
    expect(await queue.idle()).toBe(false);
    await waitFor(() => touches === 1);
    expect(await queue.idle()).toBe(false);
    gate.open();
    await waitFor(() => queue.idle());
  });

  test('touches nothing more once it has stopped, and takes nothing in', async () => {
    const { touched, touch } = collect();
    await using context = await make({ touch });
    const { queue } = context;
    queue.add(0, ['a']);
    await waitFor(() => touched.length === 1);
    queue.add(0, ['b'], Date.now() + 300);
    await queue.stop();
    queue.add(0, ['c']);
    await queue.stop();
    const stopped = Date.now();
    await waitFor(() => Date.now() > stopped + 1_000);
    expect(touched).toEqual(['0:a']);
  });
}

function failureTests(make: Make): void {
  test('tells a touch that failed, and goes on with the others', async () => {
    const touched: string[] = [];
    const failure = new Error('failed for good');
    const touch: TouchAgain = async (_, roots) => {
      if (roots.includes('bad')) throw failure;
      touched.push(...roots);
    };
    await using context = await make({ touch });
    context.queue.add(0, ['bad']);
    await waitFor(() => context.failures.length > 0);
    context.queue.add(0, ['good']);
    await waitFor(() => touched.length > 0);
    expect(context.failures).toEqual([failure]);
    expect(touched).toEqual(['good']);
    await waitFor(() => context.queue.idle());
  });

  test('leaves what it cannot hold to the letters, and asks for it once when there is room', async () => {
    const { touched, touch } = collect();
    await using context = await make({ touch, holds: 2 });
    const { queue } = context;
    expect(queue.lacks()).toBe(false);
    queue.add(0, ['a', 'b', 'c']);
    expect(queue.lacks()).toBe(false);
    await waitFor(() => queue.lacks());
    expect(queue.lacks()).toBe(false);
    queue.add(0, ['c']);
    await waitFor(() => touched.length === 3);
    expect(touched.toSorted()).toEqual(['0:a', '0:b', '0:c']);
  });
}
