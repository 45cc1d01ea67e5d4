import { describe, expect, test } from '@jest/globals';
import type { BatchHandler, ConsumeOptions, LogBatch } from './log.js';
import {
  collect,
  consume,
  DONE,
  Gate,
  type LogConformance,
  type LogContext,
  type Numbered,
  numbered,
  OPTIONS,
  settled,
  sum,
  topicOf,
  turn,
  until,
} from './testing/log-kit.js';
import { completionTests, topicTests } from './testing/topics.js';

/** What every adapter of the Log port must do. `make` gives a fresh log; topics are made by the tests. */
export function describeLog(name: string, make: () => Promise<LogContext>, traits: LogConformance): void {
  describe(`${name} as a log`, () => {
    describe('order', () => orderTests(make));
    describe('acknowledgement', () => acknowledgementTests(make, traits));
    describe('bounds', () => boundTests(make));
    describe('pause and stop', () => stopTests(make, traits));
    describe('failure', () => failureTests(make, traits));
    describe('completion', () => completionTests(make));
    describe('topics', () => topicTests(make, traits));
  });
}

function orderTests(make: () => Promise<LogContext>): void {
  test('hands over the records of a partition in the order of their appends', async () => {
    await using context = await make();
    const topic = await topicOf(context.log, 2);
    const seen: number[][] = [[], []];
    const reader = await consume(context.log, topic, OPTIONS, async (batch) => {
      for (const record of batch.records) seen[batch.partition]?.push(record.n);
      return { completed: DONE };
    });
    const appends: Promise<void>[] = [];
    for (let n = 0; n < 2_000; n += 4) appends.push(context.log.append(topic, (n / 4) % 2, numbered(n, 4)));
    await Promise.all(appends);
    await until(() => seen.flat().length === 2_000);
    for (const numbers of seen) expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    await reader.stop(1_000);
  });

  test('never runs two handlers of one partition at a time, and those of different ones side by side', async () => {
    await using context = await make();
    const topic = await topicOf(context.log, 2);
    const running = [0, 0];
    let overlap = false;
    let sideBySide = false;
    const gate = new Gate();
    const reader = await consume(context.log, topic, { ...OPTIONS, maxRecords: 1 }, async ({ partition }) => {
      running[partition] = (running[partition] ?? 0) + 1;
      overlap ||= (running[partition] ?? 0) > 1;
      sideBySide ||= running[0] === 1 && running[1] === 1;
      if (sideBySide) gate.open();
      await gate.opened;
      running[partition] = (running[partition] ?? 0) - 1;
      return { completed: DONE };
    });
    await Promise.all([0, 1].map((partition) => context.log.append(topic, partition, numbered(0, 5))));
    await until(() => sideBySide && running[0] === 0 && running[1] === 0);
    expect(overlap).toBe(false);
    await reader.stop(1_000);
  });

  test('tells which partitions a consumer has before it hands over anything', async () => {
    await using context = await make();
    const topic = await topicOf(context.log, 3);
    const told: (readonly number[])[] = [];
    const unknown: number[] = [];
    const options: ConsumeOptions = { ...OPTIONS, onAssigned: (partitions) => told.push(partitions) };
    const seen: number[] = [];
    const reader = await consume(context.log, topic, options, async ({ partition, records }) => {
      if (!told.at(-1)?.includes(partition)) unknown.push(partition);
      for (const { n } of records) seen.push(n);
      return { completed: DONE };
    });
    await Promise.all([0, 1, 2].map((partition) => context.log.append(topic, partition, numbered(partition, 1))));
    await until(() => seen.length === 3);
    expect([...(told.at(-1) ?? [])].sort()).toEqual([0, 1, 2]);
    expect(unknown).toEqual([]);
    await reader.stop(1_000);
  });

  test('gives every group of a topic all records', async () => {
    await using context = await make();
    const topic = await topicOf(context.log, 1);
    const seen: Record<string, number[]> = { a: [], b: [] };
    const readers = await Promise.all(
      ['a', 'b'].map((group) =>
        context.log.consume<Numbered>(topic, group, OPTIONS, async (batch) => {
          for (const record of batch.records) seen[group]?.push(record.n);
          return { completed: DONE };
        }),
      ),
    );
    await context.log.append(topic, 0, numbered(0, 10));
    await until(() => seen.a?.length === 10 && seen.b?.length === 10);
    for (const reader of readers) await reader.stop(1_000);
  });
}

function acknowledgementTests(make: () => Promise<LogContext>, traits: LogConformance): void {
  test('keeps records of a topic that nobody consumes yet', async () => {
    await using context = await make();
    const topic = await topicOf(context.log, 1);
    const appended = settled(context.log.append(topic, 0, numbered(0, 3)));
    const seen: number[] = [];
    const reader = await collect(context.log, topic, seen);
    await appended.promise;
    await until(() => seen.length === 3);
    expect(seen).toEqual([0, 1, 2]);
    await reader.stop(1_000);
  });

  test('resolves an append of no records', async () => {
    await using context = await make();
    const topic = await topicOf(context.log, 1);
    await expect(context.log.append(topic, 0, [])).resolves.toBeUndefined();
  });

  if (!traits.appendResolvesWhenHandled) return;

  test('resolves an append only when the completion of its last record has resolved', async () => {
    await using context = await make();
    const topic = await topicOf(context.log, 1);
    const gates: Gate[] = [];
    const reader = await consume(context.log, topic, { ...OPTIONS, maxRecords: 2 }, async () => {
      gates.push(new Gate());
      return { completed: (gates.at(-1) as Gate).opened };
    });
    const append = settled(context.log.append(topic, 0, numbered(0, 4)));
    await until(() => gates.length === 2);
    gates[0]?.open();
    await turn();
    expect(append.state()).toBe('pending');
    gates[1]?.open();
    await append.promise;
    await reader.stop(1_000);
  });

  test('does not resolve a later append before an earlier batch has completed', async () => {
    await using context = await make();
    const topic = await topicOf(context.log, 1);
    const gates: Gate[] = [];
    const reader = await consume(context.log, topic, { ...OPTIONS, maxRecords: 1 }, async () => {
      gates.push(new Gate());
      return { completed: (gates.at(-1) as Gate).opened };
    });
    const [first, second] = [0, 1].map((n) => settled(context.log.append(topic, 0, numbered(n, 1))));
    await until(() => gates.length === 2);
    gates[1]?.open();
    await turn();
    expect([first?.state(), second?.state()]).toEqual(['pending', 'pending']);
    gates[0]?.open();
    await Promise.all([first?.promise, second?.promise]);
    await reader.stop(1_000);
  });

  test.each([
    ['fast', 'slow'],
    ['slow', 'fast'],
  ])('waits for all groups of the topic (%s, %s)', async (...groups) => {
    await using context = await make();
    const topic = await topicOf(context.log, 1);
    const gate = new Gate();
    const readers = await Promise.all(
      groups.map((group) => {
        const completed = group === 'slow' ? gate.opened : DONE;
        return context.log.consume(topic, group, OPTIONS, async () => ({ completed }));
      }),
    );
    const append = settled(context.log.append(topic, 0, numbered(0, 1)));
    await turn();
    expect(append.state()).toBe('pending');
    gate.open();
    await append.promise;
    for (const reader of readers) await reader.stop(1_000);
  });
}

function boundTests(make: () => Promise<LogContext>): void {
  test('hands over at most maxRecords, and what has piled up while a handler works', async () => {
    await using context = await make();
    const topic = await topicOf(context.log, 1);
    const sizes: number[] = [];
    const gate = new Gate();
    const reader = await consume(context.log, topic, { ...OPTIONS, maxRecords: 7 }, async (batch) => {
      sizes.push(batch.records.length);
      await gate.opened;
      return { completed: DONE };
    });
    const appends = [context.log.append(topic, 0, numbered(0, 1))];
    await until(() => sizes.length === 1);
    for (let n = 1; n < 15; n++) appends.push(context.log.append(topic, 0, numbered(n, 1)));
    await turn();
    gate.open();
    await Promise.all(appends);
    await until(() => sum(sizes) === 15);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(7);
    expect(sizes).toContain(7);
    await reader.stop(1_000);
  });

  test('cuts batches by bytes, and hands over a larger record alone', async () => {
    await using context = await make();
    const topic = await topicOf(context.log, 1);
    const batches: number[][] = [];
    const reader = await consume(context.log, topic, { ...OPTIONS, maxBytes: 100 }, async (batch) => {
      batches.push(batch.records.map((record) => record.bytes));
      return { completed: DONE };
    });
    await context.log.append(
      topic,
      0,
      [40, 40, 40, 500, 10, 10].map((bytes, n) => ({ bytes, n })),
    );
    await until(() => batches.flat().length === 6);
    for (const batch of batches) expect(batch.length === 1 || sum(batch) <= 100).toBe(true);
    expect(batches).toContainEqual([500]);
    await reader.stop(1_000);
  });

  test('makes few batches of many small appends where batches are spaced, and hands over a full one at once', async () => {
    await using context = await make();
    const topic = await topicOf(context.log, 1);
    const batches: number[] = [];
    const options: ConsumeOptions = { maxRecords: 1_000, maxBytes: 1_000_000, maxUncompleted: 2, spacingMs: 300 };
    const reader = await consume(context.log, topic, options, async (batch) => {
      batches.push(batch.records.length);
      return { completed: DONE };
    });
    const appends: Promise<void>[] = [];
    for (let n = 0; n < 20; n++) {
      appends.push(context.log.append(topic, 0, numbered(n, 1)));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all(appends);
    await until(() => sum(batches) === 20);
    expect(batches.length).toBeLessThanOrEqual(4);
    await reader.stop(1_000);
  });

  test('hands over no more than maxUncompleted batches before the oldest completes', async () => {
    await using context = await make();
    const topic = await topicOf(context.log, 1);
    const gates: Gate[] = [];
    const reader = await consume(
      context.log,
      topic,
      { maxRecords: 1, maxBytes: 1_000, maxUncompleted: 2 },
      async () => {
        gates.push(new Gate());
        return { completed: (gates.at(-1) as Gate).opened };
      },
    );
    const append = settled(context.log.append(topic, 0, numbered(0, 4)));
    await until(() => gates.length === 2);
    await turn();
    expect(gates).toHaveLength(2);
    gates[0]?.open();
    await until(() => gates.length === 3);
    gates[1]?.open();
    gates[2]?.open();
    await until(() => gates.length === 4);
    gates[3]?.open();
    await append.promise;
    await reader.stop(1_000);
  });
}

function stopTests(make: () => Promise<LogContext>, traits: LogConformance): void {
  test('hands over nothing while paused, and goes on after resume', async () => {
    await using context = await make();
    const topic = await topicOf(context.log, 1);
    const seen: number[] = [];
    const reader = await collect(context.log, topic, seen);
    await context.log.append(topic, 0, numbered(0, 1));
    await until(() => seen.length === 1);
    reader.pause();
    const append = settled(context.log.append(topic, 0, numbered(1, 2)));
    await turn();
    expect(seen).toEqual([0]);
    reader.resume();
    await append.promise;
    await until(() => seen.length === 3);
    await reader.stop(1_000);
  });

  test('raises the signal of a stop, waits for what has begun, and hands over nothing more', async () => {
    await using context = await make();
    const topic = await topicOf(context.log, 1);
    const gate = new Gate();
    const batches: LogBatch<Numbered>[] = [];
    const reader = await consume(context.log, topic, { ...OPTIONS, maxRecords: 1 }, async (batch) => {
      batches.push(batch);
      await gate.opened;
      return { completed: DONE };
    });
    const append = settled(context.log.append(topic, 0, numbered(0, 2)));
    await until(() => batches.length === 1);
    const stop = settled(reader.stop(60_000));
    await until(() => batches[0]?.signal.aborted === true);
    expect(stop.state()).toBe('pending');
    gate.open();
    await stop.promise;
    expect(batches).toHaveLength(1);
    if (traits.appendResolvesWhenHandled) expect(append.state()).toBe('pending');
  });

  test('ends a stop at its deadline, and hands what was not completed to the next consumer of the group', async () => {
    await using context = await make();
    const topic = await topicOf(context.log, 1);
    const late = new Gate();
    const first: number[] = [];
    const reader = await consume(context.log, topic, { ...OPTIONS, maxRecords: 2 }, async (batch) => {
      for (const record of batch.records) first.push(record.n);
      return { completed: first.length <= 2 ? DONE : late.opened };
    });
    await context.log.append(topic, 0, numbered(0, 2));
    await until(() => first.length === 2);
    const append = settled(context.log.append(topic, 0, numbered(2, 4)));
    await until(() => first.length >= 4);
    await reader.stop(20);
    late.open();
    await turn();
    const second: number[] = [];
    const next = await collect(context.log, topic, second);
    await append.promise;
    await until(() => second.includes(5));
    expect(second).toEqual([2, 3, 4, 5]);
    await next.stop(1_000);
  });
}

function failureTests(make: () => Promise<LogContext>, traits: LogConformance): void {
  test.each([
    ['a handler', async () => Promise.reject(new Error('broken'))],
    ['a completion', async () => ({ completed: Promise.reject(new Error('broken')) })],
  ] as [string, BatchHandler<Numbered>][])(
    'tells by `failed` that %s rejected, and hands over nothing more',
    async (_, handler) => {
      await using context = await make();
      const topic = await topicOf(context.log, 1);
      let calls = 0;
      const reader = await consume(context.log, topic, { ...OPTIONS, maxRecords: 1 }, (batch) => {
        calls++;
        return handler(batch);
      });
      const append = settled(context.log.append(topic, 0, numbered(0, 1)));
      await expect(reader.failed).rejects.toThrow('broken');
      const after = settled(context.log.append(topic, 0, numbered(1, 1)));
      if (traits.handlerFailureEndsTopic) {
        await expect(append.promise).rejects.toMatchObject({ code: 'LOG_HANDLER_FAILED' });
        await expect(after.promise).rejects.toMatchObject({ code: 'LOG_HANDLER_FAILED' });
      }
      await turn();
      expect(calls).toBe(1);
      await reader.stop(1_000);
    },
  );

  test('rejects what is appended after close', async () => {
    await using context = await make();
    const topic = await topicOf(context.log, 1);
    await context.log.close();
    await expect(context.log.append(topic, 0, numbered(0, 1))).rejects.toMatchObject({ code: 'LOG_CLOSED' });
  });

  if (!traits.appendResolvesWhenHandled) return;

  test('close rejects what is not completed and raises the signals', async () => {
    await using context = await make();
    const topic = await topicOf(context.log, 1);
    let signal: AbortSignal | undefined;
    await consume(context.log, topic, OPTIONS, async (batch) => {
      signal = batch.signal;
      return { completed: new Gate().opened };
    });
    const append = settled(context.log.append(topic, 0, numbered(0, 1)));
    await until(() => signal !== undefined);
    await context.log.close();
    expect(signal?.aborted).toBe(true);
    await expect(append.promise).rejects.toMatchObject({ code: 'LOG_CLOSED' });
  });
}
