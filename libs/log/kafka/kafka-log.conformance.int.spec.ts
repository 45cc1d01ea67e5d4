import { testKafka } from '#testing';
import { describeLog } from '../log-conformance.js';
import { KafkaLog } from './kafka-log.js';

describeLog(
  'KafkaLog',
  async () => {
    const { brokers } = await testKafka();
    const log = new KafkaLog({
      brokers,
      clientId: 'conformance',
      replicationFactor: 1,
      minInSyncReplicas: 1,
      sessionTimeoutMs: 10_000,
    });
    return { log, [Symbol.asyncDispose]: () => log.close() };
  },
  { appendResolvesWhenHandled: false, handlerFailureEndsTopic: false, keepsRecords: true },
);
