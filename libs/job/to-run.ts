import type { Store } from '#store';
import type { RunOptions } from './commands.js';
import type { JobDeps } from './job-deps.js';
import { JobState } from './job-record.js';

export interface ToRun extends RunOptions {
  /** Of which asking in the list of jobs; undefined where a command asks. */
  asked: number | undefined;
}

/**
 * What is asked of the job now: by the command, or in the list of jobs. What its record was begun for is not begun again: who
 * takes over, and who starts weeks later, goes on with it. Undefined where nothing is asked any more.
 */
export async function toRun(
  { takeAsked }: Pick<JobDeps, 'takeAsked'>,
  options: RunOptions,
  store: Store,
): Promise<ToRun | undefined> {
  if (takeAsked === undefined) return { ...options, asked: undefined };
  const taken = await takeAsked();
  if (taken === undefined) return undefined;
  const {
    number,
    options: { fresh, dropTarget, force },
  } = taken;
  const record = await JobState.load(store);
  const isBegun = record?.asked === number;
  return {
    untilSynced: options.untilSynced,
    fresh: fresh && !isBegun,
    dropTarget: dropTarget && !isBegun,
    force,
    asked: number,
  };
}
