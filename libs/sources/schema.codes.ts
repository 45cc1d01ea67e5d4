import { EXIT, errorCodes } from '#errors';

/** What the capture tells of the schema and goes on. */
export const SCHEMA_FINDINGS = errorCodes({
  COLUMN_ADDED: {
    cause: 'A column was added to a mapped table; documents do not have it.',
    remedy: 'Run the job with --fresh to take it in.',
    exit: EXIT.done,
  },
});
