import { expect, test } from '@jest/globals';
import type { RowsRecord } from '#model';
import { PartitionSender } from './partition-sender.js';

const record = (key: string) => ({ kind: 'barrier', bytes: 16, key }) as unknown as RowsRecord;

test('what is appended later is not sent before what was appended earlier has arrived', async () => {
  const open: (() => void)[] = [];
  const send = () => new Promise<void>((resolve) => open.push(resolve));
  const sender = new PartitionSender({ id: 'a', send, now: () => 0 });
  const passed: string[] = [];
  const turns = async () => {
    for (let i = 0; i < 20; i++) await undefined;
  };
  const first = sender.append([record('1')]).then(() => passed.push('first'));
  await turns();
  const second = sender.append([record('2')]).then(() => passed.push('second'));
  await turns();
  expect(open).toHaveLength(1);
  open.shift()?.();
  await first;
  await turns();
  expect(open).toHaveLength(1);
  open.shift()?.();
  await second;
  expect(passed).toEqual(['first', 'second']);
});

test('after one that failed for good nothing is sent any more', async () => {
  const sent: number[] = [];
  const send = async () => {
    sent.push(1);
    throw new Error('refused');
  };
  const sender = new PartitionSender({ id: 'a', send, now: () => 0 });
  await expect(sender.append([record('1')])).rejects.toThrow('refused');
  await expect(sender.append([record('2')])).rejects.toThrow('refused');
  expect(sent).toEqual([1]);
});
