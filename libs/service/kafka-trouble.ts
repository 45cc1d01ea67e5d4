import type { JobTimers } from '#job';
import type { KafkaNotice } from '#log/kafka';
import { isAnswer } from './adapters.js';
import type { TellTrouble } from './service-troubles.js';
import { untilQuiet } from './until-quiet.js';

/** A connection or two that ends is daily life. */
const TOLD_FROM_FAILURE = 3;
/** A client that cannot connect says so at least every 16 s: a connection has 10 s, and a pause of 6 s may come before the next. */
const QUIET_MS = 20_000;
/** As in `connect ECONNREFUSED 10.0.0.1:9092`. */
const SYSTEM_CODE = /\bE[A-Z_]{3,}\b/;

export interface KafkaTrouble {
  notice(notice: KafkaNotice): void;
  stop(): void;
}

/**
 * Makes trouble of connections to brokers that fail again and again: the client says that, never that it is connected. Which broker
 * is in the log: told here, it would be other trouble each time.
 */
export function kafkaTrouble(tell: TellTrouble, timers: JobTimers): KafkaTrouble {
  let failures = 0;
  const told = untilQuiet(
    (message) => {
      if (message === undefined) failures = 0;
      if (message === undefined || failures >= TOLD_FROM_FAILURE) tell(message);
    },
    timers,
    QUIET_MS,
  );
  return {
    notice: (notice) => {
      if (notice.level !== 'error' || notice.context['broker'] === undefined || isAnswer(notice)) return;
      failures++;
      told.tell(`Kafka cannot be reached: ${SYSTEM_CODE.exec(notice.message)?.[0] ?? 'connections to brokers fail'}`);
    },
    stop: () => told.stop(),
  };
}
