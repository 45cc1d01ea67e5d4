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
  LOG_DAMAGED: {
    cause:
      'What Kafka has of a topic is not what the job has read and written: a topic was made anew, unread records were deleted, or an offset was reset.',
    remedy: 'Records may be lost: look after the topic (retention, who changed it), then load again with --fresh.',
  },
  LOG_TOPIC_SETTINGS: {
    cause:
      'A topic exists with settings under which records could be lost, or the cluster has not the brokers for the copies that are wanted.',
    remedy:
      "Set the topic's settings as the message says (kafka-configs), or the replication factor to what the cluster has.",
  },
  LOG_REFUSED: {
    cause: 'Kafka refused the user, or what the user may do on a topic or group.',
    remedy:
      'See the credentials and the rights: create, describe, read, write and delete on the topics, read on the groups.',
  },
  LOG_UNREACHABLE: {
    cause: 'Kafka could not be reached, or none of its brokers answered.',
    remedy: "See the address, whether the brokers run, and whether they want TLS and by which authority's certificate.",
  },
  LOG_FAILED: {
    cause: 'Kafka refused a request for a reason that waiting does not mend.',
    remedy:
      "See Kafka's own word in the message and the brokers' logs; nothing is lost, start the job again when it is mended.",
  },
});
