import { MillraceError } from '#errors';
import { LOG_ERRORS } from './log.codes.js';

export function topicMissing(topic: string, cause?: unknown): MillraceError {
  return new MillraceError(LOG_ERRORS.LOG_TOPIC_MISSING, `topic ${topic} does not exist`, { cause });
}
