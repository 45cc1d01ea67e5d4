import { EXIT, errorCodes } from '#errors';

export const JOB_FILE_ERRORS = errorCodes({
  JOB_FILE_INVALID: {
    cause: 'The job file has mistakes.',
    remedy: 'Correct what is listed; `millrace schema` prints the JSON Schema for completion in an editor.',
    exit: EXIT.usage,
  },
});
