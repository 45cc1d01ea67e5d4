/**
 * Where a change stands in the source's log: (source epoch, commit position, ordinal in the transaction).
 * Fixed-width hexadecimal, so that comparing strings compares positions; the same on every redelivery.
 * Rows that the load read have the lowest position, the empty string: any captured change wins over them.
 */
export type Position = string;

export const LOWEST: Position = '';

/** `epoch` < 2^32, `commit` < 2^64 (PostgreSQL: the commit record's LSN), `ordinal` < 2^32, counted from 0. */
export function formatPosition(epoch: number, commit: bigint, ordinal: number): Position {
  return formatCommit(epoch, commit) + ordinal.toString(16).padStart(8, '0');
}

/** The first 24 digits of every position in one transaction; also a position, at or below all of them. */
export function formatCommit(epoch: number, commit: bigint): string {
  return epoch.toString(16).padStart(8, '0') + commit.toString(16).padStart(16, '0');
}

export function parsePosition(position: Position): { epoch: number; commit: bigint; ordinal: number } {
  if (position === LOWEST) return { epoch: 0, commit: 0n, ordinal: 0 };
  return {
    epoch: Number.parseInt(position.slice(0, 8), 16),
    commit: BigInt(`0x${position.slice(8, 24)}`),
    ordinal: Number.parseInt(position.slice(24, 32) || '0', 16),
  };
}
