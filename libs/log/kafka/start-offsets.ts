import type { Admin } from 'kafkajs';
import { MillraceError } from '#errors';
import { LOG_ERRORS } from '../log.codes.js';

/** Goes with every offset that Millrace commits: one without it was not committed by us. */
const OURS = 'millrace';
const NEVER_COMMITTED = -1;

export interface CommittedOffset {
  offset: number;
  metadata: string | null;
}

export interface StartOffset {
  next: number;
  /** Everything below is completed. */
  completed: number;
}

/** With an offset to begin at again goes the one below which everything is completed, which may be higher. */
export function metadataOf(completed: number): string {
  return `${OURS} ${completed}`;
}

/** Everything below is completed; of what somebody else committed nothing is known. */
export function completedBelow({ offset, metadata }: CommittedOffset): number {
  return isOurs(metadata) && offset >= 0 ? Number(metadata.slice(OURS.length + 1)) : 0;
}

const isOurs = (metadata: string | null): metadata is string => metadata?.startsWith(`${OURS} `) === true;

export async function committedOffsets(
  admin: Admin,
  { group, topic }: { group: string; topic: string },
): Promise<Map<number, CommittedOffset>> {
  const [found] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
  return new Map(
    found?.partitions.map(({ partition, offset, metadata }) => [partition, { offset: Number(offset), metadata }]),
  );
}

/**
 * Where a group goes on in partitions that it has just been assigned. kafkajs would answer a lost offset by beginning anew in
 * silence, at either end; so what is committed is compared with what the log has, and what does not fit stops:
 *
 * - committed by us, and within the log: go on there;
 * - never committed, and the log has everything from its first record on: begin there. All that is delivered again is a
 *   repeat, which changes nothing;
 * - everything else: records may be lost (`LOG_DAMAGED`).
 *
 * Both are read side by side at first, before the client has time to reset anything. What does not fit then is looked at
 * again, as another member may be at work by now, which appends, commits, and deletes what is committed: the beginning of the
 * log before what is committed, which can only be above it, and the end after it.
 */
export async function startOffsets(
  admin: Admin,
  { group, topic, partitions }: { group: string; topic: string; partitions: readonly number[] },
): Promise<Map<number, StartOffset>> {
  const [committed, bounds] = await Promise.all([
    committedOffsets(admin, { group, topic }),
    admin.fetchTopicOffsets(topic),
  ]);
  const first = { before: bounds, committed, after: bounds };
  const found = startsIn(first, partitions);
  if (found.damaged === undefined) return found.starts;
  const before = await admin.fetchTopicOffsets(topic);
  const again = { before, committed: await committedOffsets(admin, { group, topic }) };
  const second = startsIn({ ...again, after: await admin.fetchTopicOffsets(topic) }, partitions);
  if (second.damaged === undefined) return second.starts;
  throw damaged(topic, found.damaged.partition, found.damaged.how);
}

type Bounds = Awaited<ReturnType<Admin['fetchTopicOffsets']>>;

function startsIn(
  { before, committed, after }: { before: Bounds; committed: ReadonlyMap<number, CommittedOffset>; after: Bounds },
  partitions: readonly number[],
): { starts: Map<number, StartOffset>; damaged?: { partition: number; how: string } } {
  const starts = new Map<number, StartOffset>();
  for (const partition of partitions) {
    const at = (bounds: typeof before) => bounds.find((each) => each.partition === partition);
    const found = committed.get(partition) ?? { offset: NEVER_COMMITTED, metadata: null };
    const next = startOf(found, { low: Number(at(before)?.low), high: Number(at(after)?.high) });
    if (typeof next === 'string') return { starts, damaged: { partition, how: next } };
    starts.set(partition, { next, completed: completedBelow(found) });
  }
  return { starts };
}

export function damaged(topic: string, partition: number, how: string, cause?: unknown): MillraceError {
  const message = `partition ${partition} of topic ${topic}: ${how}`;
  return new MillraceError(LOG_ERRORS.LOG_DAMAGED, message, { context: { topic, partition }, cause });
}

/** An offset, or what is wrong. */
export function startOf(committed: CommittedOffset, log: { low: number; high: number }): number | string {
  const has = `the log has ${log.low} to ${log.high}`;
  if (committed.offset === NEVER_COMMITTED) return log.low === 0 ? 0 : `no offset is committed, and ${has}`;
  if (committed.offset < 0 || !isOurs(committed.metadata)) return `its committed offset was reset; ${has}`;
  if (committed.offset < log.low) return `${committed.offset} is committed, and ${has}: unread records were deleted`;
  if (completedBelow(committed) > log.high) {
    return `everything below ${completedBelow(committed)} is completed, and ${has}: the topic was made anew`;
  }
  return committed.offset;
}
