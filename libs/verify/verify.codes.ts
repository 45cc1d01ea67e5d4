import { errorCodes, EXIT } from '#errors';

export const VERIFY_ERRORS = errorCodes({
  VERIFY_COLLECTION_UNKNOWN: {
    cause: 'A collection was named that the job file does not have.',
    remedy: 'Name one of the collections of the job file, or none for all of them.',
    exit: EXIT.usage,
  },
  VERIFY_REPAIR_SNAPSHOT: {
    cause:
      'A job in snapshot mode does not follow its source, so single documents cannot be repaired against later changes.',
    remedy: 'Load it again with `millrace run --fresh`; then verify.',
    exit: EXIT.usage,
  },
});
