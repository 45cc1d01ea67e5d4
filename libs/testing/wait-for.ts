import { setTimeout as pause } from 'node:timers/promises';

export interface WaitOptions {
  /** 15 s where absent. */
  timeoutMs?: number;
  /** 20 ms where absent. */
  everyMs?: number;
}

type Condition<T> = () => T | undefined | false | null | Promise<T | undefined | false | null>;

/** Asks until the condition gives something true, and gives that; what the last asking threw is the cause of giving up. */
export async function waitFor<T>(condition: Condition<T>, options: WaitOptions = {}): Promise<T> {
  const { timeoutMs = 15_000, everyMs = 20 } = options;
  const deadline = Date.now() + timeoutMs;
  let cause: unknown;
  for (;;) {
    try {
      const found = await condition();
      if (found) return found;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    if (Date.now() >= deadline) throw new Error(`not so after ${timeoutMs} ms: ${condition.toString()}`, { cause });
    await pause(everyMs);
  }
}
