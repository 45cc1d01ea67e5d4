import { EXIT, errorCodes } from '#errors';

/** What a job tells of itself, of its run and of its target. */
export const JOB_FINDINGS = errorCodes({
  NOTHING_DROPPED: {
    cause: 'The job goes on with the documents that are there, so --drop-target drops nothing.',
    remedy: 'To load again into empty collections, run with --fresh --drop-target.',
    exit: EXIT.done,
  },
  TARGET_KEEPS_HISTORY: {
    cause:
      'The target keeps what every document was for minutes, for reads in the past: under steady changes most of what MongoDB does at its checkpoints is for them. Millrace never makes such reads.',
    remedy:
      'Where nobody else does either, set it lower on every member: db.adminCommand({ setParameter: 1, minSnapshotHistoryWindowInSeconds: 10 }), and the same under setParameter in its configuration.',
    exit: EXIT.done,
  },
  UNIQUE_INDEX_ON_TARGET: {
    cause:
      'A collection of the target has a unique index: a document that it refuses is a dead letter, also for moments where a value moves from one document to another, and for good where two documents exchange values.',
    remedy:
      'Keep it where the mapping keeps the values apart; else drop it, and make it after the cut-over. A letter of a moment goes by itself.',
    exit: EXIT.done,
  },
  RETENTION_NEAR_BOUND: {
    cause: 'The source keeps more than 80 % of source.maxRetainedBytes of its log for this job.',
    remedy:
      'Mend what holds the job up, or raise the bound; at the bound the slot is dropped, and the job must load again.',
    exit: EXIT.done,
  },
});
