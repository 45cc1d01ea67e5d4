import { EXIT, errorCodes } from '#errors';

/** What a running job warns of. */
export const JOB_FINDINGS = errorCodes({
  NOTHING_DROPPED: {
    cause: 'The job goes on with the documents that are there, so --drop-target drops nothing.',
    remedy: 'To load again into empty collections, run with --fresh --drop-target.',
    exit: EXIT.done,
  },
  RETENTION_NEAR_BOUND: {
    cause: 'The source keeps more than 80 % of source.maxRetainedBytes of its log for this job.',
    remedy:
      'Mend what holds the job up, or raise the bound; at the bound the slot is dropped, and the job must load again.',
    exit: EXIT.done,
  },
});
