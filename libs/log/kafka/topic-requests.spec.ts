import { expect, test } from '@jest/globals';
import { type PartitionMessage, TopicRequests } from './topic-requests.js';

function kit() {
  let nowMs = 1_000;
  let due: { run: () => void; atMs: number } | undefined;
  const requests: { partitions: number[]; done: () => void; failed: (error: unknown) => void }[] = [];
  const topic = new TopicRequests({
    request: (messages: readonly PartitionMessage[]) =>
      new Promise<void>((done, failed) => {
        requests.push({ partitions: messages.map(({ partition }) => partition), done, failed });
      }),
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
  return { topic, requests, send, pass };
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

test('all that shared a request learn how it failed; what was not sent yet, why it is not', async () => {
  const { topic, requests, send, pass } = kit();
  const together = [send(0), send(1)];
  pass(0);
  const late = send(2);
  topic.fail(new Error('closed'));
  requests[0]?.failed(new Error('broken'));
  for (const sent of together) await expect(sent).rejects.toThrow('broken');
  await expect(late).rejects.toThrow('closed');
});
