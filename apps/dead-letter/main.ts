import type { MakeRetryQueue } from '#dead-letter';
import { type BullmqOptions, makeBullmqRetryQueue, removeQueue } from '#dead-letter/bullmq';
import { JobWatch, processOutside, type RiverStrategy, runService, tell, workerService } from '#service';
import { DeadLetterServiceModule } from './dead-letter-service.module.js';
import { RetryContext } from './retries.controller.js';
import { overWhenStopped } from './over-when-stopped.js';

await runService('dead-letter', processOutside(process.env), (parts) => {
  const { metrics, redactor, settings, logger } = parts;
  redactor.addUri(settings.redisUri);
  const redis: BullmqOptions = {
    uri: settings.redisUri,
    prefix: settings.stateDatabase,
    retriesPerSecond: settings.retriesPerSecond,
    onNotice: ({ level, message, context }) => logger[level](context, message),
  };
  return workerService(parts, {
    role: 'dead-letter',
    module: DeadLetterServiceModule,
    rooms: (_, strategy, job) => {
      const shown = job.trouble('Redis');
      const make = makeBullmqRetryQueue({ ...redis, onTrouble: tell(job.logger, shown) });
      return { deadLetter: through(strategy, overWhenStopped(make, shown)) };
    },
    beside: ({ seat, job }, signal) =>
      new JobWatch({
        job: seat.job._id,
        store: job.store,
        timers: job.deps.timers,
        metrics,
        removeQueue: (name) => removeQueue(redis, name),
      }).follow(signal),
  });
});

/** What is due goes to the controller. */
function through(strategy: RiverStrategy, make: MakeRetryQueue): MakeRetryQueue {
  return (parts) =>
    make({
      ...parts,
      touch: (collection, roots) => strategy.request('retries', { collection, roots }, new RetryContext([parts.touch])),
    });
}
