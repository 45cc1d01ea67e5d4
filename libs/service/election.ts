import type { Consumer, Log } from '#log';

const NO_RECORDS = { maxRecords: 1, maxBytes: 1, maxUncompleted: 1 };
const LEAVE_MS = 2_000;

/**
 * Elects one of several processes: a topic of one partition and no records, whose group gives it to one member, and to
 * another when that one leaves or is silent for a session. It elects, and guards nothing: what must not be done by two has its lease and fences.
 */
export class Election implements AsyncDisposable {
  private consumer: Consumer | undefined;
  isElected = false;

  private constructor() {}

  static async join(log: Log, topic: string): Promise<Election> {
    const election = new Election();
    await log.create([{ name: topic, partitions: 1 }]);
    const onAssigned = (partitions: readonly number[]): void => {
      election.isElected = partitions.includes(0);
    };
    election.consumer = await log.consume(topic, 'ingest', { ...NO_RECORDS, onAssigned }, async () => ({
      completed: Promise.resolve(),
    }));
    return election;
  }

  /** Rejects when this process can no longer be elected. */
  get failed(): Promise<never> {
    return (this.consumer as Consumer).failed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.isElected = false;
    await this.consumer?.stop(LEAVE_MS);
  }
}
