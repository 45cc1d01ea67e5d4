import type { JobTimers } from '#job';
import type { TellTrouble } from './service-troubles.js';

/** For trouble of which only its signs are heard, and not that it is over: it is when nothing was heard for a while. */
export function untilQuiet(tell: TellTrouble, timers: JobTimers, quietMs: number): TellTrouble {
  let over: unknown;
  const quiet = (): void => tell(undefined);
  return (message) => {
    timers.clearTimeout(over);
    tell(message);
    if (message !== undefined) over = timers.setTimeout(quiet, quietMs);
  };
}
