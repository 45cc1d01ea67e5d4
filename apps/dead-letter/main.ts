import type { ServiceSettings } from '#config';
import type { MakeRetryQueue } from '#dead-letter';
import { type BullmqOptions, makeBullmqRetryQueue, removeQueue } from '#dead-letter/bullmq';
import {
  JobWatch,
  processOutside,
  type RiverStrategy,
  runService,
  type ServiceParts,
  tell,
  workerService,
} from '#service';
import { DeadLetterServiceModule } from './dead-letter-service.module.js';
import { RetryContext } from './retries.controller.js';

await runService('dead-letter', processOutside(process.env), (parts) => {
  const { metrics, redactor, settings } = parts;
  redactor.addUri(settings.redisUri);
  const redis = redisOptions(parts, settings);
  return workerService(parts, {
    role: 'dead-letter',
    module: DeadLetterServiceModule,
    rooms: (_, strategy) => ({ deadLetter: through(strategy, makeBullmqRetryQueue(redis)) }),
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

function redisOptions({ logger }: ServiceParts, settings: ServiceSettings<'dead-letter'>): BullmqOptions {
  return {
    uri: settings.redisUri,
    prefix: settings.stateDatabase,
    retriesPerSecond: settings.retriesPerSecond,
    onTrouble: tell(logger),
    onNotice: ({ level, message, context }) => logger[level](context, message),
  };
}

/** What is due goes to the controller. */
function through(strategy: RiverStrategy, make: MakeRetryQueue): MakeRetryQueue {
  return (parts) =>
    make({
      ...parts,
      touch: (collection, roots) => strategy.request('retries', { collection, roots }, new RetryContext([parts.touch])),
    });
}
