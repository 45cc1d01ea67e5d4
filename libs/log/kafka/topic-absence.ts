import { topicMissing } from '../topic-missing.js';
import { typeOf } from './kafka-errors.js';

/** A topic is gone where every answer says so for as long as this. */
export const GONE_AFTER_MS = 5_000;

/**
 * Whether a topic is gone, from the answers to one work that is tried again and again. One answer tells nothing: a broker hears
 * of a topic a moment after the one that made it, and after its own restart later than its neighbours.
 */
export class TopicAbsence {
  #sinceMs: number | undefined;

  constructor(
    private readonly topic: string,
    private readonly now: () => number,
  ) {}

  /** True where the topic was not there this time, and may come yet. Throws where it has been away for too long. */
  may(failure: unknown): boolean {
    if (typeOf(failure) !== 'UNKNOWN_TOPIC_OR_PARTITION') {
      this.#sinceMs = undefined;
      return false;
    }
    this.#sinceMs ??= this.now();
    if (this.now() - this.#sinceMs >= GONE_AFTER_MS) throw topicMissing(this.topic, failure);
    return true;
  }
}
