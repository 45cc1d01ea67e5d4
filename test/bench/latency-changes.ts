/** The changes of the latency measure: number `n` always concerns the same row, and neighbours never share an order. */
export const CHANGES_PER_TRANSACTION = 10;
const STEP = 7919;
const LINES_PER_ORDER = 3;

export interface ChangedRow {
  order: number;
  /** Absent: the order itself; else this line of it. */
  line?: number;
}

/** Transactions of changes of orders and of lines take turns. */
export function rowOf(change: number, orders: number): ChangedRow {
  const order = 1 + ((change * STEP) % orders);
  const isOfLines = Math.floor(change / CHANGES_PER_TRANSACTION) % 2 === 1;
  return isOfLines ? { order, line: 1 + (change % LINES_PER_ORDER) } : { order };
}

/** What a change writes into `note` or `comment`, and a reader finds again: its number and the clock. */
export const stamp = (change: number, atMs: number): string => `change ${change} at ${atMs}`;

const STAMP = /^change (\d+) at (\d+)$/;

export function readStamp(text: unknown): { change: number; atMs: number } | undefined {
  const found = typeof text === 'string' ? STAMP.exec(text) : null;
  return found ? { change: Number(found[1]), atMs: Number(found[2]) } : undefined;
}
