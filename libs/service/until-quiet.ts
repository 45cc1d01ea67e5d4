import type { JobTimers } from '#job';
import type { TellTrouble } from './service-troubles.js';

export interface UntilQuiet {
  tell: TellTrouble;
  /** It is over with whoever had it. */
  stop(): void;
}

/** For trouble of which only its signs are heard, and not that it is over: it is when nothing was heard for a while. */
export function untilQuiet(tell: TellTrouble, timers: JobTimers, quietMs: number): UntilQuiet {
  let over: unknown;
  let isStopped = false;
  const quiet = (): void => tell(undefined);
  return {
    tell: (message) => {
      if (isStopped) return;
      timers.clearTimeout(over);
      tell(message);
      if (message !== undefined) over = timers.setTimeout(quiet, quietMs);
    },
    stop: () => {
      isStopped = true;
      timers.clearTimeout(over);
      quiet();
    },
  };
}
