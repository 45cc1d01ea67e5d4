import type { River } from './river.js';

type Owned = Pick<River, 'rows' | 'fanOut'>;

/** Of the partitions of `rows` that this process has: what is done for them beside handling their batches. */
export class RowsOwner {
  private partitions: readonly number[] = [];
  private taking: Promise<void> = Promise.resolve();

  constructor(
    private readonly river: Owned,
    private readonly onFailure: (error: unknown) => void,
  ) {}

  /** Takes up what former owners of these left, and leaves the others. */
  own(partitions: readonly number[]): void {
    this.partitions = partitions;
    this.river.rows.own(partitions);
    this.taking = this.taking.then(() => this.river.fanOut.own(partitions)).catch(this.onFailure);
  }

  /** Fan-outs that were left are taken up. */
  ready(): Promise<void> {
    return this.taking;
  }

  /**
   * From time to time: what has resolved leaves the fences. A former owner that ends a batch late may leave a fan-out here
   * which it will not run, as the partition is not its own any more: that is taken up.
   */
  async lookAfter(signal: AbortSignal): Promise<void> {
    for (const partition of this.partitions) await this.river.rows.trim(partition, signal);
    if (this.partitions.length > 0) await this.river.fanOut.own(this.partitions);
  }
}
