import { EXIT, errorCodes } from '#errors';

export const REGISTRY_ERRORS = errorCodes({
  JOB_NOT_REGISTERED: {
    cause: 'The services know no job of this name.',
    remedy: 'Look at `millrace jobs list`; `millrace jobs create FILE` makes a job.',
  },
  JOB_EXISTS: {
    cause: 'The services have a job of this name, whose job file is another.',
    remedy:
      'Name the job otherwise, or run the changed file with `millrace run FILE`, with --fresh where its mapping changed.',
    exit: EXIT.usage,
  },
});
