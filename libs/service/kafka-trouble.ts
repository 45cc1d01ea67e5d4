import type { JobTimers } from '#job';
import type { KafkaNotice } from '#log/kafka';
import { isAnswer } from './adapters.js';
import type { TellTrouble } from './service-troubles.js';
import { untilQuiet } from './until-quiet.js';

/** A connection or two that ends is daily life. */
const TOLD_FROM_FAILURE = 3;
/** A client that cannot connect says so at least every 16 s: a connection has 10 s, and a pause of 6 s may come before the next. */
const QUIET_MS = 20_000;

/** Makes trouble of connections to brokers that fail again and again: the client says that, never that it is connected. */
export function kafkaTrouble(tell: TellTrouble, timers: JobTimers): (notice: KafkaNotice) => void {
  let failures = 0;
  const told = untilQuiet(
    (message) => {
      if (message === undefined) failures = 0;
      if (message === undefined || failures >= TOLD_FROM_FAILURE) tell(message);
    },
    timers,
    QUIET_MS,
  );
  return (notice) => {
    if (notice.level !== 'error' || notice.context['broker'] === undefined || isAnswer(notice)) return;
    failures++;
    told(`Kafka cannot be reached: ${notice.message}`);
  };
}
