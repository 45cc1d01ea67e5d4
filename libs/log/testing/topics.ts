import { expect, test } from '@jest/globals';
import {
  collect,
  consume,
  Gate,
  type LogConformance,
  type LogContext,
  numbered,
  OPTIONS,
  settled,
  topicOf,
  turn,
  until,
} from './log-kit.js';

/** Of the Log kit: what a group has completed. */
export function completionTests(make: () => Promise<LogContext>): void {
  const never = new AbortController().signal;

  test('tells when a group has completed what was appended before it was asked, and not before', async () => {
    await using context = await make();
    const topic = await topicOf(context.log, 2);
    const gates: Gate[] = [];
    const reader = await consume(context.log, topic, { ...OPTIONS, maxRecords: 1 }, async () => {
      gates.push(new Gate());
      return { completed: (gates.at(-1) as Gate).opened };
    });
    const appends = [0, 1].map((partition) => settled(context.log.append(topic, partition, numbered(0, 1))));
    await until(() => gates.length === 2);
    const completed = settled(context.log.completed(topic, 'group', never));
    expect(await context.log.waiting(topic, 'group')).toBe(2);
    gates[0]?.open();
    await turn();
    expect(completed.state()).toBe('pending');
    gates[1]?.open();
    await completed.promise;
    expect(await context.log.waiting(topic, 'group')).toBe(0);
    await Promise.all(appends.map(({ promise }) => promise));
    await reader.stop(1_000);
  });

  test('tells at once of a topic that has nothing', async () => {
    await using context = await make();
    const topic = await topicOf(context.log, 2);
    await expect(context.log.completed(topic, 'group', never)).resolves.toBeUndefined();
  });

  test('ends the waiting when the signal is raised', async () => {
    await using context = await make();
    const topic = await topicOf(context.log, 1);
    let begun = false;
    const gate = new Gate();
    const reader = await consume(context.log, topic, OPTIONS, async () => {
      begun = true;
      return { completed: gate.opened };
    });
    const appended = context.log.append(topic, 0, numbered(0, 1));
    await until(() => begun);
    const stop = new AbortController();
    const completed = context.log.completed(topic, 'group', stop.signal);
    completed.catch(() => undefined);
    await turn();
    stop.abort(new Error('enough'));
    await expect(completed).rejects.toThrow('enough');
    gate.open();
    await appended;
    await reader.stop(1_000);
  });
}

/** Of the Log kit: topics that are made and removed. */
export function topicTests(make: () => Promise<LogContext>, traits: LogConformance): void {
  test('removes a topic with what its groups have completed, and makes it anew', async () => {
    await using context = await make();
    const topic = await topicOf(context.log, 1);
    const seen: number[] = [];
    const first = await collect(context.log, topic, seen);
    await context.log.append(topic, 0, numbered(0, 3));
    await until(() => seen.length === 3);
    await first.stop(1_000);
    await context.log.remove([topic, `${topic}.never-made`]);
    await context.log.remove([topic]);
    await context.log.create([{ name: topic, partitions: 2 }]);
    const again = await collect(context.log, topic, seen);
    await context.log.append(topic, 0, numbered(7, 1));
    await until(() => seen.length === 4);
    expect(seen).toEqual([0, 1, 2, 7]);
    await again.stop(1_000);
  });

  test('makes no topic anew that was made before and is gone, where it keeps records', async () => {
    await using context = await make();
    const topic = await topicOf(context.log, 1);
    await context.log.create([{ name: topic, partitions: 1 }], { wereMade: true });
    await context.log.remove([topic]);
    const again = context.log.create([{ name: topic, partitions: 1 }], { wereMade: true });
    if (traits.keepsRecords)
      await expect(again).rejects.toMatchObject({ code: 'LOG_TOPIC_MISSING', message: expect.stringContaining(topic) });
    else await expect(again).resolves.toBeUndefined();
  });

  test('makes a topic again without error, but not with another number of partitions', async () => {
    await using context = await make();
    const topic = await topicOf(context.log, 3);
    await context.log.create([{ name: topic, partitions: 3 }]);
    await expect(context.log.create([{ name: topic, partitions: 4 }])).rejects.toMatchObject({
      code: 'LOG_PARTITIONS_DIFFER',
    });
  });
}
