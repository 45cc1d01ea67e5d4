import { describe, expect, test } from '@jest/globals';
import { describeLog } from '../log-conformance.js';
import { EmbeddedLog } from './embedded-log.js';

describeLog(
  'EmbeddedLog',
  async () => {
    const log = new EmbeddedLog();
    return { log, [Symbol.asyncDispose]: () => log.close() };
  },
  { appendResolvesWhenHandled: true, handlerFailureEndsTopic: true, keepsRecords: false },
);

describe('EmbeddedLog', () => {
  test('refuses a second consumer of a group while the first one lives', async () => {
    await using log = disposable(new EmbeddedLog());
    await log.create([{ name: 't', partitions: 1 }]);
    const options = { maxRecords: 1, maxBytes: 1, maxUncompleted: 1 };
    const first = await log.consume('t', 'g', options, async () => ({ completed: Promise.resolve() }));
    const again = () => log.consume('t', 'g', options, async () => ({ completed: Promise.resolve() }));
    await expect(again()).rejects.toMatchObject({ code: 'LOG_GROUP_TAKEN' });
    await first.stop(1_000);
    await expect(again()).resolves.toBeDefined();
  });

  test('names a topic that was never made', async () => {
    await using log = disposable(new EmbeddedLog());
    await expect(log.append('nowhere', 0, [{ bytes: 1 }])).rejects.toMatchObject({ code: 'LOG_TOPIC_MISSING' });
  });

  test('makes one batch of the appends of one task', async () => {
    await using log = disposable(new EmbeddedLog());
    await log.create([{ name: 't', partitions: 1 }]);
    const sizes: number[] = [];
    await log.consume('t', 'g', { maxRecords: 1_000, maxBytes: 1_000, maxUncompleted: 1 }, async ({ records }) => {
      sizes.push(records.length);
      return { completed: Promise.resolve() };
    });
    await Promise.all(Array.from({ length: 50 }, () => log.append('t', 0, [{ bytes: 1 }])));
    expect(sizes).toEqual([50]);
  });

  test('a handler that appends to a topic whose handler has failed fails, too, so that no producer waits for ever', async () => {
    await using log = disposable(new EmbeddedLog());
    await log.create([
      { name: 'rows', partitions: 1 },
      { name: 'touches', partitions: 1 },
    ]);
    const options = { maxRecords: 10, maxBytes: 1_000, maxUncompleted: 2 };
    await log.consume('rows', 'transform', options, async ({ records }) => ({
      completed: log.append('touches', 0, records),
    }));
    await log.consume('touches', 'write', options, () => Promise.reject(new Error('broken')));
    await expect(log.append('rows', 0, [{ bytes: 1 }])).rejects.toMatchObject({ code: 'LOG_HANDLER_FAILED' });
  });
});

function disposable(log: EmbeddedLog): EmbeddedLog & AsyncDisposable {
  return Object.assign(log, { [Symbol.asyncDispose]: () => log.close() });
}
