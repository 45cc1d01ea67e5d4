import { describe, expect, test } from '@jest/globals';
import { InFlight } from './in-flight.js';

describe('InFlight', () => {
  test('gives room at once below the bound and makes the next one wait for a release', async () => {
    const inFlight = new InFlight(100);
    await inFlight.room(60);
    await inFlight.room(40);
    const third = pending(inFlight.room(1));
    await turn();
    expect(third.done).toBe(false);
    inFlight.release(60);
    await third.promise;
    expect(inFlight.bytes).toBe(41);
  });

  test('gives room in the order of asking', async () => {
    const inFlight = new InFlight(100);
    await inFlight.room(90);
    const large = pending(inFlight.room(80));
    const small = pending(inFlight.room(5));
    await turn();
    expect([large.done, small.done]).toEqual([false, false]);
    expect(inFlight.tryRoom(1)).toBe(false);
    inFlight.release(90);
    await Promise.all([large.promise, small.promise]);
    expect(inFlight.bytes).toBe(85);
  });

  test('lets a record larger than the bound pass alone', async () => {
    const inFlight = new InFlight(100);
    await inFlight.room(1);
    const huge = pending(inFlight.room(1_000));
    await turn();
    expect(huge.done).toBe(false);
    inFlight.release(1);
    await huge.promise;
    expect(inFlight.tryRoom(1)).toBe(false);
  });

  test('is drained when nothing is in flight, waiters included', async () => {
    const inFlight = new InFlight(10);
    await inFlight.drained();
    await inFlight.room(10);
    const next = inFlight.room(10);
    const drained = pending(inFlight.drained());
    inFlight.release(10);
    await next;
    await turn();
    expect(drained.done).toBe(false);
    inFlight.release(10);
    await drained.promise;
  });

  test('rejects all that wait, and all that ask later, when aborted', async () => {
    const inFlight = new InFlight(10);
    await inFlight.room(10);
    const waiting = [inFlight.room(1), inFlight.drained()];
    inFlight.abort(new Error('over'));
    for (const wait of waiting) await expect(wait).rejects.toThrow('over');
    await expect(inFlight.room(1)).rejects.toThrow('over');
    inFlight.release(10);
    await expect(inFlight.drained()).rejects.toThrow('over');
  });
});

function pending(promise: Promise<void>): { promise: Promise<void>; done: boolean } {
  const state = { promise, done: false };
  void promise.then(() => (state.done = true));
  return state;
}

async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
