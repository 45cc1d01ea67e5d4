import { expect, test } from '@jest/globals';
import { type ActorBench, actorBench, gate } from '../e2e/kit/actors.js';

const event = (bench: ActorBench, at: number, time: string) => bench.upsert('events', [at], ['1', time, null]);

test('a writer that pauses once it has written a document does not clear the letter of what came after it', async () => {
  await using bench = await actorBench();
  await bench.owner().handle(event(bench, 1, 'infinity'));
  await bench.write();
  await bench.owner().handle(event(bench, 2, '2024-01-01 00:00:00+00'));
  const paused = gate('touches committed');
  const late = bench.writeOnce(paused.at);
  await paused.reached;
  await bench.owner().handle(event(bench, 3, 'infinity'));
  await bench.write();
  paused.open();
  await late;
  const letters = await bench.store.read.range(bench.names.letters, {}, { limit: 9 });
  expect(letters.map(({ root }) => root)).toEqual([bench.key('events', 1)]);
});
