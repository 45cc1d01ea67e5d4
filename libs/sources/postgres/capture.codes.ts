import { errorCodes } from '#errors';

/** What ends a capture for good, and what it waits for. */
export const CAPTURE_CODES = errorCodes({
  SLOT_MISSING: {
    cause:
      'The replication slot of this job is not on the source: it was dropped, or the source was replaced by another server (a fail-over to a standby that has no such slot).',
    remedy: 'Changes since then are not known, so load again: run the job with --fresh.',
  },
  SLOT_LOST: {
    cause:
      'The server invalidated the replication slot of this job: it removed log that the slot still needed (max_slot_wal_keep_size, idle_replication_slot_timeout, wal_level).',
    remedy: 'Load again: run the job with --fresh, after raising the limit that the server applied.',
  },
  SLOT_IN_USE: {
    cause: 'Another session streams from the replication slot of this job.',
    remedy:
      'Nothing, where it was a former run of this job: Millrace waits for it, then ends it. Otherwise find the session by pg_replication_slots.active_pid.',
  },
  SOURCE_REPLACED: {
    cause:
      'As a stream of changes was opened, another server answered than the one that had just said who it is, or one that is a standby.',
    remedy:
      'Nothing, where a fail-over goes on: Millrace asks again. Where it lasts, see which servers the source URI leads to.',
  },
  PUBLICATION_MISSING: {
    cause: 'The publication of this job is not on the source: it was dropped.',
    remedy: 'Changes since then may be lost, so load again: run the job with --fresh.',
  },
  SNAPSHOT_LOST: {
    cause: 'The snapshot that all readers of this load share has ended: its session broke.',
    remedy: 'A load in snapshot mode cannot go on without it: run the job again, it loads again.',
  },
});

/** The codes of findings that a stream reports about the schema. */
export const SCHEMA_CHANGED = 'SCHEMA_CHANGED';
export const COLUMN_ADDED = 'COLUMN_ADDED';
