import { expect, test } from '@jest/globals';
import { EventQueue } from './event-queue.js';
import type { DecodedEvent } from './pgoutput-decoder.js';

function queue() {
  const made = new EventQueue();
  const add = (name: string, bytes = 1) => {
    made.events.push(name as unknown as DecodedEvent);
    made.added(bytes);
    made.flush();
  };
  return { made, add, take: async () => (await made.take())?.events };
}

test('what is added once it is closed is not handed over: what came before it is gone, and a later position would hide that', async () => {
  const { made, add, take } = queue();
  add('a');
  expect(await take()).toEqual(['a']);
  add('b');
  made.close();
  add('c');
  expect(await take()).toBeUndefined();
  expect(made.bytes).toBe(0);
});

test('whoever waits as it is closed is told of its end, whatever comes', async () => {
  const { made, add, take } = queue();
  const taking = take();
  made.close();
  add('a', 1_000_000);
  expect(await taking).toBeUndefined();
});

test('where the stream broke by itself, what was added before is handed over, and then the error thrown', async () => {
  const { made, add, take } = queue();
  add('a', 1_000_000);
  add('b');
  made.fail(new Error('broken'));
  expect([await take(), await take()]).toEqual([['a'], ['b']]);
  await expect(take()).rejects.toThrow('broken');
});
