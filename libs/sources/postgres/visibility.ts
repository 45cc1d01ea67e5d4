import { setTimeout as sleep } from 'node:timers/promises';
import type { Visibility } from '../source.js';
import type { PostgresConnections } from './connection.js';

/**
 * What `pg_current_snapshot()` says: which transactions were in progress. A transaction that is neither at or above `xmax`
 * nor in `inProgress` was finished, and what it committed is visible to every later snapshot, whatever the positions of
 * the log say.
 */
export class TransactionSnapshot implements Visibility {
  private constructor(
    readonly text: string,
    readonly xmin: bigint,
    readonly xmax: bigint,
    readonly inProgress: ReadonlySet<bigint>,
  ) {}

  /** `xmin:xmax:xip,xip,…` */
  static parse(text: string): TransactionSnapshot {
    const [xmin, xmax, xip] = text.split(':');
    if (!xmin || !xmax) throw new RangeError(`not a snapshot: ${text}`);
    return new TransactionSnapshot(text, BigInt(xmin), BigInt(xmax), new Set(xip ? xip.split(',').map(BigInt) : []));
  }

  finished(transaction: string): boolean {
    const id = BigInt(transaction);
    return id < this.xmin || (id < this.xmax && !this.inProgress.has(id));
  }

  /**
   * Whether every transaction that counts as finished in this snapshot is finished in `now` too. A slot's exported
   * snapshot counts a transaction as committed once its commit is in the log, which is before it is visible. Those at or
   * above the `xmax` of `now` are not listed there, and are not finished either: a lone transaction that waits in its
   * commit is one of them.
   */
  settledIn(now: TransactionSnapshot): boolean {
    for (const id of now.inProgress) if (id < this.xmax && !this.inProgress.has(id)) return false;
    for (let id = now.xmax > this.xmin ? now.xmax : this.xmin; id < this.xmax; id++)
      if (!this.inProgress.has(id)) return false;
    return true;
  }
}

export async function currentSnapshot(connections: PostgresConnections): Promise<TransactionSnapshot> {
  const [row] = await connections.query<{ snapshot: string }>('SELECT pg_current_snapshot()::text AS snapshot');
  return TransactionSnapshot.parse((row as { snapshot: string }).snapshot);
}

const POLL_MS = 5;

/** Resolves when every transaction that `exported` counts as committed is visible to all later reads. */
export function waitUntilSettled(
  connections: PostgresConnections,
  exported: TransactionSnapshot,
  signal: AbortSignal,
): Promise<void> {
  return untilSettled(
    exported,
    () => currentSnapshot(connections),
    () => sleep(POLL_MS, undefined, { signal }),
  );
}

/** The same, by whatever tells the present snapshot and pauses between two looks at it. */
export async function untilSettled(
  exported: TransactionSnapshot,
  current: () => Promise<TransactionSnapshot>,
  pause: () => Promise<void>,
): Promise<void> {
  while (!exported.settledIn(await current())) await pause();
}
