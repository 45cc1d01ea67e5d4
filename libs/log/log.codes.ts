import { errorCodes } from '#errors';

export const LOG_ERRORS = errorCodes({
  LOG_CLOSED: {
    cause: 'The log was closed while records were still to be handled, or used after that.',
    remedy: 'Nothing is lost: run the job again, it goes on where it was.',
  },
  LOG_TOPIC_MISSING: {
    cause: 'A topic was used that the job has not made.',
    remedy: 'Start the job again; if topics were removed by hand, start it with --fresh.',
  },
  LOG_PARTITIONS_DIFFER: {
    cause: 'A topic exists with another number of partitions than this incarnation of the job has.',
    remedy: 'Start the job with --fresh: partition counts are fixed for an incarnation.',
  },
  LOG_GROUP_TAKEN: {
    cause: 'In one process, a group of a topic was consumed twice at the same time.',
    remedy: 'Stop the first consumer before starting another one.',
  },
  LOG_HANDLER_FAILED: {
    cause: 'The handler of a topic failed for good, so the topic takes no further records.',
    remedy: 'See the cause beneath it; then run the job again, it goes on where it was.',
  },
});
