import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { LogRecord } from '#log';
import { testKafka, waitFor } from '#testing';
import { kafkaLog } from './kit/kafka-engine.js';
import type { MemberSaid } from './kit/kafka-member.js';

/** A process that is stopped beyond its session loses its partitions to another one, and then goes on as if nothing had been. */

const PROGRAM = join(import.meta.dirname, '../../dist/test/e2e/kit/kafka-member.js');
const PATIENCE = { timeoutMs: 120_000 };
const NEVER = new AbortController().signal;

interface Numbered extends LogRecord {
  n: number;
}

class Member implements AsyncDisposable {
  readonly seen: number[] = [];
  aborted = false;
  private readonly child: ChildProcess;

  constructor(brokers: readonly string[], topic: string) {
    this.child = fork(PROGRAM, [brokers.join(','), topic], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    this.child.on('message', (said: MemberSaid) => {
      if ('seen' in said) this.seen.push(said.seen);
      else this.aborted = true;
    });
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  goOn(): void {
    this.child.send('go on');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGKILL');
    await ended;
  }
}

test('a former owner that goes on takes no offset back, and gets nothing again but what had reached it while it stood still', async () => {
  const { brokers, topicPrefix } = await testKafka();
  const topic = `${topicPrefix}.former`;
  const log = kafkaLog(brokers);
  try {
    await log.create([{ name: topic, partitions: 1 }]);
    const append = (n: number): Promise<void> => log.append<Numbered>(topic, 0, [{ bytes: 10, n }]);
    await using former = new Member(brokers, topic);
    await append(0);
    await waitFor(() => former.seen.length === 1, PATIENCE);
    former.signal('SIGSTOP');
    const seen: number[] = [];
    const options = { maxRecords: 10, maxBytes: 1_000_000, maxUncompleted: 1 };
    const owner = await log.consume<Numbered>(topic, 'group', options, async ({ records }) => {
      for (const { n } of records) seen.push(n);
      return { completed: Promise.resolve() };
    });
    await append(1);
    await waitFor(() => seen.includes(1), PATIENCE);
    expect(seen).toEqual([0, 1]);
    await log.completed(topic, 'group', NEVER);
    former.goOn(); // It completes what it was handed as soon as it runs again.
    former.signal('SIGCONT');
    await waitFor(() => former.aborted, PATIENCE);
    await owner.stop(1_000);
    expect(await log.waiting(topic, 'group')).toBe(0);
    await append(2);
    await waitFor(() => former.seen.includes(2), PATIENCE);
    // An answer that waited for it on its connection is handed over before it can know that it is a former one.
    expect([
      [0, 2],
      [0, 1, 2],
    ]).toContainEqual(former.seen);
    expect(seen).toEqual([0, 1]);
  } finally {
    await log.close();
  }
}, 300_000);
