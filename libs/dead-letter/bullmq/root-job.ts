import { createHash } from 'node:crypto';

/** A root that is to be touched, and when. */
export interface DueRoot {
  collection: number;
  root: string;
  dueMs: number;
}

/** What a job carries. */
export type RootJob = Pick<DueRoot, 'collection' | 'root'>;

/**
 * One name for each root, whatever it is made of: BullMQ's names of jobs are no integers and have no colon. `spread` is
 * from 0 to 1, the same for a root at all times and in all replicas, so that adding it again does not move it.
 */
export function identify({ collection, root }: RootJob): { id: string; spread: number } {
  const digest = createHash('sha256').update(root, 'utf16le').digest();
  return { id: `${collection}-${digest.toString('base64url', 0, 18)}`, spread: digest.readUInt32LE(28) / 2 ** 32 };
}
