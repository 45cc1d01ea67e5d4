import { errorCodes } from '#errors';

export const DEAD_LETTER_ERRORS = errorCodes({
  RETRY_QUEUE_UNREACHABLE: {
    cause: 'Redis, where retries of dead letters are scheduled, does not answer or refuses.',
    remedy:
      'Look after Redis and the URI of it. Nothing is lost: the letters are in MongoDB, and retries are scheduled from them again.',
  },
});
