/** Pauses between repeats: growing, with full jitter, so that those who collided once do not collide again. */
export interface Pauses {
  conflict(attempt: number): number;
  lost(attempt: number): number;
}

export function pauses(random: () => number): Pauses {
  return {
    conflict: (attempt) => random() * Math.min(5 * 1.6 ** attempt, 500),
    lost: (attempt) => (0.5 + random() / 2) * Math.min(50 * 2 ** attempt, 5_000),
  };
}

/** Rejects with the reason of the first of these signals that is raised. */
export function sleep(ms: number, signals: readonly (AbortSignal | undefined)[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const finish = (settle: () => void) => {
      clearTimeout(timer);
      for (const signal of signals) signal?.removeEventListener('abort', onAbort);
      settle();
    };
    const onAbort = () => finish(() => reject(signals.find((signal) => signal?.aborted)?.reason));
    const timer = setTimeout(() => finish(resolve), ms);
    for (const signal of signals) {
      if (signal?.aborted) return onAbort();
      signal?.addEventListener('abort', onAbort, { once: true });
    }
  });
}
