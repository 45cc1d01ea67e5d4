import type { LogTimers } from './lane.js';

/** Resolves when the work has ended, however it has, or the time is over. */
export async function within(timers: LogTimers, ms: number, work: Promise<unknown>): Promise<void> {
  let timer: unknown;
  const deadline = new Promise<void>((resolve) => {
    timer = timers.setTimeout(resolve, ms);
  });
  await Promise.race([work.catch(() => undefined), deadline]);
  timers.clearTimeout(timer);
}
