import { readFileSync } from 'node:fs';
import type { ServiceSettings } from '#config';
import { KafkaLog, type KafkaLogOptions, type KafkaNotice } from '#log/kafka';
import type { Logger } from '#observability';
import type { Store } from '#store';
import { openMongoStore } from '#store/mongodb';

/** A log of its own for whoever calls: its consumers and its connections end when it is closed. */
export function makeKafkaLog(settings: ServiceSettings, parts: KafkaLogParts) {
  return new KafkaLog(kafkaOptions(settings, parts));
}

export interface KafkaLogParts {
  service: string;
  logger: Logger;
  /** What goes to the log as well. */
  onNotice?: (notice: KafkaNotice) => void;
}

function kafkaOptions(settings: ServiceSettings, { service, logger, onNotice }: KafkaLogParts): KafkaLogOptions {
  const { kafkaSaslMechanism: mechanism, kafkaUsername: username = '', kafkaPassword: password = '' } = settings;
  return {
    brokers: settings.kafkaBrokers.split(',').map((broker) => broker.trim()),
    clientId: `millrace-${service}`,
    replicationFactor: settings.kafkaReplicationFactor,
    minInSyncReplicas: settings.kafkaMinInSyncReplicas,
    compression: settings.kafkaCompression,
    sessionTimeoutMs: settings.kafkaSessionTimeoutMs,
    ...(settings.kafkaTls && { tls: tlsOf(settings) }),
    ...(mechanism !== 'none' && { sasl: { mechanism, username, password } }),
    onNotice: (notice) => {
      logger[seriousnessOf(notice)](notice.context, notice.message);
      onNotice?.(notice);
    },
  };
}

/** What the client calls an error of a response is daily life of a group; what is one comes as the failure of a call. */
function seriousnessOf(notice: KafkaNotice): 'warn' | 'info' | 'debug' {
  if (notice.level === 'info') return 'info';
  return isAnswer(notice) ? 'debug' : 'warn';
}

export const isAnswer = ({ message }: KafkaNotice): boolean => message.startsWith('Response ');

function tlsOf({ kafkaCaFile, kafkaCertificateFile, kafkaKeyFile }: ServiceSettings) {
  return {
    ...(kafkaCaFile !== undefined && { ca: readFileSync(kafkaCaFile, 'utf8') }),
    ...(kafkaCertificateFile !== undefined && { certificate: readFileSync(kafkaCertificateFile, 'utf8') }),
    ...(kafkaKeyFile !== undefined && { key: readFileSync(kafkaKeyFile, 'utf8') }),
  };
}

export function openRegistryStore({ stateUri, stateDatabase }: ServiceSettings): Promise<Store> {
  return openMongoStore({
    uri: stateUri,
    stateDatabase,
    targetDatabase: stateDatabase,
    appName: 'millrace registry',
  });
}
