import { type Log, partitionOf } from '#log';
import type { TouchRecord } from '#model';
import type { Store } from '#store';

/** What asks for it; with the time of a change where that is known. */
type Why = Pick<TouchRecord, 'origin' | 'committedAtMs'>;

/** Appends touches to the partitions of their roots, with the time of the store that their writing must see. */
export class Toucher {
  constructor(
    private readonly log: Log,
    private readonly store: Pick<Store, 'time'>,
    private readonly topic: string,
    private readonly partitions: number,
  ) {}

  /** Resolves when the touches can no longer be lost. The order of calls is the order in each partition. */
  touch(collection: number, roots: readonly string[], why: Why | Why['origin']): Promise<unknown> {
    const about = typeof why === 'string' ? { origin: why } : why;
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
      const record: TouchRecord = { collection, roots: group, ...about, ...this.after(), bytes };
      appends.push(this.log.append(this.topic, partition, [record]));
    }
    return Promise.all(appends);
  }

  /** Touches of roots of a former incarnation, with the `_id`s that they were written as. */
  touchFormer(collection: number, roots: readonly string[], ids: readonly unknown[]): Promise<unknown> {
    const appends = roots.map((root, i) => {
      const ours = { collection, roots: [root], ids: [ids[i]], bytes: 200 };
      const record: TouchRecord = { ...ours, origin: 'former', ...this.after() };
      return this.log.append(this.topic, partitionOf(collection, root, this.partitions), [record]);
    });
    return Promise.all(appends);
  }

  private after(): Pick<TouchRecord, 'after'> {
    const after = this.store.time();
    return after === undefined ? {} : { after };
  }
}
