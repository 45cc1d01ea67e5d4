/** A conflict or two is daily life in a transaction, and nothing to tell. */
const TOLD_FROM_ATTEMPT = 3;
const QUIET_MS = 3000;

/** Told of each transaction that is to be tried again, with the name of what it does. */
export type TargetRetry = (label: string, error: unknown, attempt: number) => void;

/**
 * Makes trouble of the retries of the store: it says that it tries again, never that it has succeeded, so trouble is over
 * when no retry was heard of for a while.
 */
export function targetTrouble(tell: (message: string | undefined) => void): TargetRetry {
  let over: NodeJS.Timeout | undefined;
  return (label, error, attempt) => {
    if (attempt < TOLD_FROM_ATTEMPT) return;
    if (over === undefined) tell(`the target (${label}): ${error instanceof Error ? error.message : String(error)}`);
    clearTimeout(over);
    over = setTimeout(() => {
      over = undefined;
      tell(undefined);
    }, QUIET_MS);
    over.unref();
  };
}
