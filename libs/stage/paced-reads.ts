import type { StagedRow } from '#model';
import { TransactionTooLarge } from '#store';

/** What the rows of one transaction may take in memory, all reads of it together. */
export interface ReadBudget {
  bytes: number;
  /** How many keys the batch is for: a single one cannot be halved, and is read however large. */
  keys: number;
}

const SLICE_BYTES = 4 * 1024 * 1024;
const BUDGET_BYTES = 32 * 1024 * 1024;
const MOST_KEYS = 10_000;
const ROW_OVERHEAD = 120;

/**
 * Reads staged rows for many keys or join values in few round trips, in slices that memory can hold: of how much one value
 * leads to it knows what the last ones led to. A batch that leads to more than the budget is to be halved by its caller.
 */
export class PacedReads {
  /** Carefully at first: one round trip more is nothing, a gigabyte of rows is not. */
  private bytesPerValue = 64 * 1024;

  async read(
    values: readonly string[],
    budget: ReadBudget,
    find: (values: readonly string[]) => Promise<StagedRow[]>,
  ): Promise<StagedRow[]> {
    let all: StagedRow[] | undefined;
    for (let from = 0; from < values.length; ) {
      const slice = Math.max(1, Math.min(MOST_KEYS, Math.floor(SLICE_BYTES / this.bytesPerValue)));
      const some = from === 0 && slice >= values.length ? values : values.slice(from, from + slice);
      const rows = await find(some);
      this.learn(rows, some.length, budget);
      if (all === undefined) all = rows;
      else for (const row of rows) all.push(row);
      from += some.length;
    }
    return all ?? [];
  }

  private learn(rows: readonly StagedRow[], values: number, budget: ReadBudget): void {
    let bytes = 0;
    for (const row of rows) bytes += ROW_OVERHEAD + (row.c?.length ?? 0);
    const seen = Math.max(ROW_OVERHEAD, bytes / values);
    this.bytesPerValue = seen > this.bytesPerValue ? seen : (this.bytesPerValue * 3 + seen) / 4;
    budget.bytes += bytes;
    if (budget.bytes > BUDGET_BYTES && budget.keys > 1) {
      throw new TransactionTooLarge(`${budget.bytes} bytes of rows for ${budget.keys} keys`);
    }
  }
}
