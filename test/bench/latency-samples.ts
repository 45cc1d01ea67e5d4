import { type ChangedRow, CHANGES_PER_TRANSACTION, rowOf } from './latency-changes.js';

export interface Samples {
  /** Of each change that was seen, rising. */
  latenciesMs: number[];
  /** Changes that are not in the target, nor is a later one of the same row. */
  missing: number;
}

export interface Sampled {
  orders: number;
  /** The first change's number, and when each transaction was sent. */
  from: number;
  sentMs: readonly number[];
  seenMs: ReadonlyMap<number, number>;
}

/** A change that was folded into a later one of its row was seen when that one was. */
export function samplesOf({ orders, from, sentMs, seenMs }: Sampled): Samples {
  const latenciesMs: number[] = [];
  const laterMs = new Map<string, number>();
  let missing = 0;
  for (let change = from + sentMs.length * CHANGES_PER_TRANSACTION - 1; change >= from; change--) {
    const row = keyOf(rowOf(change, orders));
    const seen = earliest(seenMs.get(change), laterMs.get(row));
    if (seen === undefined) missing++;
    else {
      laterMs.set(row, seen);
      latenciesMs.push(seen - (sentMs[Math.floor((change - from) / CHANGES_PER_TRANSACTION)] as number));
    }
  }
  return { latenciesMs: latenciesMs.sort((a, b) => a - b), missing };
}

const keyOf = ({ order, line }: ChangedRow): string => `${order}/${line ?? ''}`;

function earliest(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined ? b : b === undefined ? a : Math.min(a, b);
}

/** The value that so many per cent of the samples do not exceed. */
export function percentile(rising: readonly number[], percent: number): number {
  const index = Math.ceil((percent / 100) * rising.length) - 1;
  return rising[Math.max(0, index)] ?? Number.NaN;
}
