import { setTimeout as delay } from 'node:timers/promises';
import type { Change, Seen } from './changes.js';
import type { Documents } from './documents.js';

const POLL_MS = 5;
const PATIENCE_MS = 30_000;

export interface Arrival {
  documents: Seen[];
  /** False: it did not come in time; the verification will tell what is wrong. */
  arrived: boolean;
}

/** Looks at the target as an application would, until the change is there. */
export async function waitForArrival(
  change: Change,
  documents: Documents,
  signal: AbortSignal,
  now: () => number,
): Promise<Arrival> {
  const deadline = now() + PATIENCE_MS;
  for (;;) {
    const seen = await documents.orders(change.orders);
    const arrived = change.hasArrived(seen);
    if (arrived || now() > deadline) return { documents: seen, arrived };
    await delay(POLL_MS, undefined, { signal });
  }
}
