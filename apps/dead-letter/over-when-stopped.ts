import type { MakeRetryQueue } from '#dead-letter';
import type { TellTrouble } from '#service';

/** A queue that is stopped tells nothing more: its trouble is over with it. */
export function overWhenStopped(make: MakeRetryQueue, trouble: TellTrouble): MakeRetryQueue {
  return (parts) => {
    const queue = make(parts);
    return {
      add: (...roots) => queue.add(...roots),
      lacks: () => queue.lacks(),
      idle: () => queue.idle(),
      stop: async () => {
        try {
          await queue.stop();
        } finally {
          trouble(undefined);
        }
      },
    };
  };
}
