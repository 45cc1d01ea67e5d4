import type { Kafka as Client, logCreator, logLevel as Level, SASLOptions } from 'kafkajs';
import type { KafkaLogOptions, KafkaNotice } from './kafka-options.js';
import { Kafka, logLevel } from './kafkajs.js';

const CONNECTION_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;

/** Said in full: kafkajs has others of its own where NODE_ENV is test. What these do not outlast is tried again by us. */
export const RETRY = { initialRetryTime: 100, multiplier: 2, factor: 0.2, maxRetryTime: 5_000, retries: 5 } as const;

export function kafkaClient(options: KafkaLogOptions): Client {
  const { tls, sasl } = options;
  return new Kafka({
    clientId: options.clientId,
    brokers: [...options.brokers],
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    enforceRequestTimeout: true,
    retry: RETRY,
    ...(tls && {
      ssl: {
        ...(tls.ca && { ca: tls.ca }),
        ...(tls.certificate && { cert: tls.certificate }),
        ...(tls.key && { key: tls.key }),
      },
    }),
    ...(sasl && { sasl: { ...sasl } as SASLOptions }),
    logLevel: options.onNotice ? logLevel.WARN : logLevel.NOTHING,
    logCreator: noticesTo(options.onNotice),
  });
}

/** Only names and numbers are passed on: an error's text may quote what a broker was sent. */
function noticesTo(onNotice: KafkaLogOptions['onNotice']): logCreator {
  const levels: Partial<Record<Level, KafkaNotice['level']>> = {
    [logLevel.ERROR]: 'error',
    [logLevel.WARN]: 'warn',
  };
  return () =>
    ({ level, log }) => {
      const { message, groupId, topic, partition, broker, clientId } = log as Record<string, unknown>;
      const context = { groupId, topic, partition, broker, clientId };
      onNotice?.({ level: levels[level] ?? 'info', message: String(message), context });
    };
}
