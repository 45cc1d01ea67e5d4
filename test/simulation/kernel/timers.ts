import type { Kernel } from './kernel.js';
import type { SimProcess } from './process.js';
import type { Random } from './random.js';

/** The clock, timers and randomness of one simulated process, as the engine, the log and the store take them. */
export interface SimTimers {
  /** The time of day, which somebody may set. */
  now(): number;
  /** By a clock that nobody sets; so do timers. */
  elapsed(): number;
  /** Rejects with the signal's reason when it is raised. */
  wait(ms: number, signal?: AbortSignal): Promise<void>;
  setTimeout(run: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
  random(): number;
}

export function simTimers(kernel: Kernel, process: SimProcess, random: Random = kernel.random.fork()): SimTimers {
  const after = (run: () => void, ms: number) => kernel.schedule(process, `timer of ${ms} ms`, run, ms);
  return {
    now: () => kernel.now() + process.clockMs,
    elapsed: () => kernel.now(),
    wait: (ms, signal) =>
      new Promise<void>((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const end = () => {
          cancel();
          reject(signal?.reason);
        };
        const cancel = after(() => {
          signal?.removeEventListener('abort', end);
          resolve();
        }, ms);
        signal?.addEventListener('abort', end, { once: true });
      }),
    setTimeout: after,
    clearTimeout: (timer) => (timer as (() => void) | undefined)?.(),
    random: () => random.next(),
  };
}
