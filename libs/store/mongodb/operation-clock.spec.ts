import { describe, expect, test } from '@jest/globals';
import { Binary, Long, Timestamp } from 'bson';
import type { ClientSession, ClusterTime } from 'mongodb';
import { OperationClock } from './operation-clock.js';

const at = (seconds: number): Timestamp => new Timestamp({ t: seconds, i: 1 });
const cluster = (seconds: number): ClusterTime => ({
  clusterTime: at(seconds),
  signature: { hash: new Binary(new Uint8Array(20)), keyId: Long.fromNumber(7) },
});

const seen = (clock: OperationClock, seconds: number, signed = true): void => {
  const clusterTime = signed ? cluster(seconds) : { clusterTime: at(seconds) };
  clock.observe({ operationTime: at(seconds), clusterTime } as ClientSession);
};

/** What a new session is begun with. */
function begun(clock: OperationClock): { operation?: Timestamp; cluster?: ClusterTime } {
  const told: ReturnType<typeof begun> = {};
  clock.advance({
    advanceOperationTime: (time: Timestamp) => {
      told.operation = time;
    },
    advanceClusterTime: (time: ClusterTime) => {
      told.cluster = time;
    },
  } as ClientSession);
  return told;
}

describe('the clock of a store', () => {
  test('begins sessions at the newest time that it has seen, and has nothing to tell before that', () => {
    const clock = new OperationClock();
    expect(clock.time()).toBeUndefined();
    expect(begun(clock)).toEqual({});
    seen(clock, 20);
    seen(clock, 10);
    expect(begun(clock)).toEqual({ operation: at(20) });
  });

  test('begins them at the time that another one has told, with the time that the cluster has signed', () => {
    const [a, b] = [new OperationClock(), new OperationClock()];
    seen(a, 30);
    seen(b, 10);
    b.reach(a.time() as string);
    expect(begun(b)).toEqual({ operation: at(30), cluster: cluster(30) });
    seen(b, 31);
    expect(begun(b)).toEqual({ operation: at(31) });
  });

  test('goes back for nobody, and takes the same time once', () => {
    const [a, b] = [new OperationClock(), new OperationClock()];
    seen(a, 5);
    seen(b, 10);
    const time = a.time() as string;
    expect(a.time()).toBe(time);
    b.reach(time);
    b.reach(time);
    expect(begun(b)).toEqual({ operation: at(10) });
  });

  test('tells no time of the cluster where the cluster signs none', () => {
    const [a, b] = [new OperationClock(), new OperationClock()];
    seen(a, 30, false);
    b.reach(a.time() as string);
    expect(begun(b)).toEqual({ operation: at(30) });
  });
});
