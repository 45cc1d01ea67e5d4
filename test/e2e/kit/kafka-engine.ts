import { type JobDeps, openJob } from '#job';
import type { Log } from '#log';
import { KafkaLog } from '#log/kafka';
import type { OpenEngine } from '../../../apps/millrace/command.js';
import { composeJob } from '#compose';

/** A member that was killed loses its partitions soon, so that the next run need not wait. */
const SESSION_MS = 3_000;

export function kafkaLog(brokers: readonly string[]): Log {
  const copies = { replicationFactor: 1, minInSyncReplicas: 1 };
  return new KafkaLog({ brokers, clientId: 'millrace-test', ...copies, sessionTimeoutMs: SESSION_MS });
}

/** The same job over Kafka. */
export function overKafka(deps: JobDeps, brokers: readonly string[]): JobDeps {
  return { ...deps, makeLog: () => kafkaLog(brokers) };
}

export function kafkaEngine(brokers: readonly string[]): OpenEngine {
  return async (loaded, { settings }, onEvent) => openJob(overKafka(composeJob(loaded, settings, onEvent), brokers));
}
