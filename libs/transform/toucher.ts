import { type Log, partitionOf } from '#log';
import type { TouchRecord } from '#model';

/** Appends touches to the partitions of their roots. */
export class Toucher {
  constructor(
    private readonly log: Log,
    private readonly topic: string,
    private readonly partitions: number,
  ) {}

  /** Resolves when the touches can no longer be lost. The order of calls is the order in each partition. */
  touch(collection: number, roots: readonly string[], origin: TouchRecord['origin']): Promise<unknown> {
    const byPartition = new Map<number, string[]>();
    for (const root of roots) {
      const partition = partitionOf(collection, root, this.partitions);
      const group = byPartition.get(partition);
      if (group) group.push(root);
      else byPartition.set(partition, [root]);
    }
    const appends: Promise<void>[] = [];
    for (const [partition, group] of byPartition) {
      let bytes = 64;
      for (const root of group) bytes += 48 + root.length * 2;
      const record: TouchRecord = { collection, roots: group, origin, bytes };
      appends.push(this.log.append(this.topic, partition, [record]));
    }
    return Promise.all(appends);
  }

  /** Touches of roots of a former incarnation, with the `_id`s that they were written as. */
  touchFormer(collection: number, roots: readonly string[], ids: readonly unknown[]): Promise<unknown> {
    const appends = roots.map((root, i) => {
      const record: TouchRecord = { collection, roots: [root], origin: 'former', ids: [ids[i]], bytes: 200 };
      return this.log.append(this.topic, partitionOf(collection, root, this.partitions), [record]);
    });
    return Promise.all(appends);
  }
}
