import { expect, test } from '@jest/globals';
import { turn } from '../testing/log-kit.js';
import { type PartitionMessage, TopicRequests } from './topic-requests.js';

function kit() {
  let nowMs = 1_000;
  let due: { run: () => void; atMs: number } | undefined;
  const requests: { partitions: number[]; done: () => void; failed: (error: unknown) => void }[] = [];
  const failures: { failure: unknown; retry: () => void; giveUp: (error: unknown) => void }[] = [];
  const topic = new TopicRequests({
    request: (messages: readonly PartitionMessage[]) =>
      new Promise<void>((done, failed) => {
        requests.push({ partitions: messages.map(({ partition }) => partition), done, failed });
      }),
    newPatience: () => (failure) => new Promise<void>((retry, giveUp) => failures.push({ failure, retry, giveUp })),
    now: () => nowMs,
    timers: {
      setTimeout: (run: () => void, ms: number) => {
        due = { run, atMs: nowMs + ms };
        return due;
      },
      clearTimeout: () => {
        due = undefined;
      },
    } as never,
  });
  const pass = (ms: number) => {
    nowMs += ms;
    if (due === undefined || due.atMs > nowMs) return;
    const { run } = due;
    due = undefined;
    run();
  };
  const send = (partition: number, bytes = 10) => topic.send(partition, { value: new Uint8Array(bytes), headers: {} });
  return { topic, requests, failures, send, pass };
}

test('messages of different partitions that come together share a request', async () => {
  const { requests, send, pass } = kit();
  const sent = Promise.all([send(0), send(1), send(2)]);
  pass(0);
  expect(requests.map(({ partitions }) => partitions)).toEqual([[0, 1, 2]]);
  requests[0]?.done();
  await sent;
});

test('requests begin some milliseconds apart, and do not wait for one another', async () => {
  const { requests, send, pass } = kit();
  void send(0);
  pass(0);
  void send(1);
  pass(5);
  expect(requests).toHaveLength(1);
  pass(5);
  expect(requests.map(({ partitions }) => partitions)).toEqual([[0], [1]]);
});

test('a request is bounded, and what does not fit goes with the next', () => {
  const { requests, send, pass } = kit();
  for (const partition of [0, 1, 2]) void send(partition, 4 * 1024 * 1024);
  pass(0);
  pass(10);
  expect(requests.map(({ partitions }) => partitions)).toEqual([[0, 1], [2]]);
});

test('what shared a request that failed goes on alone, and waits for nobody else', async () => {
  const { requests, failures, send, pass } = kit();
  const [first, away, third] = [send(0), send(1), send(2)];
  pass(0);
  requests[0]?.failed(new Error('partition 1 has no leader'));
  await turn();
  expect(requests.slice(1).map(({ partitions }) => partitions)).toEqual([[0], [1], [2]]);
  requests[1]?.done();
  requests[3]?.done();
  await Promise.all([first, third]);
  for (let tries = 0; tries < 3; tries++) {
    requests.at(tries === 0 ? 2 : -1)?.failed(new Error('partition 1 has no leader'));
    await turn();
    failures.at(-1)?.retry();
    await turn();
    expect(requests.at(-1)?.partitions).toEqual([1]);
  }
  const next = [send(0), send(2)];
  pass(10);
  expect(requests.at(-1)?.partitions).toEqual([0, 2]);
  requests.at(-1)?.done();
  await Promise.all(next);
  requests.at(-2)?.done();
  await away;
  expect(failures).toHaveLength(3);
  expect(requests.filter(({ partitions }) => partitions.includes(0))).toHaveLength(3); // With its own next one.
});

test('only what fails alone is given up; what shared a request with it is not', async () => {
  const { requests, failures, send, pass } = kit();
  const [good, bad] = [send(0), send(1)];
  pass(0);
  requests[0]?.failed(new Error('too large'));
  await turn();
  requests[1]?.done();
  requests[2]?.failed(new Error('too large'));
  await good;
  await turn();
  expect(failures.map(({ failure }) => String(failure))).toEqual(['Error: too large']);
  failures[0]?.giveUp(new Error('takes no records'));
  await expect(bad).rejects.toThrow('takes no records');
});

test('what was alone in its request is not sent again at once', async () => {
  const { requests, failures, send, pass } = kit();
  const sent = send(0);
  pass(0);
  requests[0]?.failed(new Error('away'));
  await turn();
  expect(requests).toHaveLength(1);
  failures[0]?.retry();
  await turn();
  requests[1]?.done();
  await sent;
});

test('what was not sent yet when the log is closed learns why it is not', async () => {
  const { topic, send, pass } = kit();
  void send(0);
  pass(0);
  const late = send(2);
  topic.fail(new Error('closed'));
  await expect(late).rejects.toThrow('closed');
});
