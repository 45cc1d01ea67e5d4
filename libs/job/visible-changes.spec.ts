import { expect, test } from '@jest/globals';
import { VisibleChanges } from './visible-changes.js';

function kit() {
  const rounds: (() => void)[] = [];
  const stop = new AbortController();
  const changes = new VisibleChanges({
    now: () => 50,
    wait: () => new Promise((resolve) => setImmediate(resolve)),
    settled: () => new Promise((resolve) => rounds.push(resolve)),
  });
  const turn = () => new Promise((resolve) => setTimeout(resolve, 5));
  const settle = async () => {
    rounds.shift()?.();
    await turn();
  };
  return { changes, rounds, settle, turn, stop, followed: changes.follow(stop.signal) };
}

test('what former runs have left waits for the first round', async () => {
  const { changes, settle, turn, stop, followed } = kit();
  await turn();
  expect(changes.oldestMs()).toBe(50);
  await settle();
  expect(changes.oldestMs()).toBeUndefined();
  stop.abort();
  await followed;
});

test('a change that is committed during a round is visible after the next one only', async () => {
  const { changes, rounds, settle, turn, stop, followed } = kit();
  await turn();
  await settle();
  changes.committed(100);
  await turn();
  expect(rounds).toHaveLength(1);
  changes.committed(200);
  changes.committed(300);
  expect(changes.oldestMs()).toBe(100);
  await settle();
  expect(changes.oldestMs()).toBe(200);
  await settle();
  expect(changes.oldestMs()).toBeUndefined();
  stop.abort();
  await followed;
});
