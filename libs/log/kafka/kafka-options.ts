import type { LogTimers } from '../lane.js';

/** How the cluster is reached, and how topics are made on it. */
export interface KafkaLogOptions {
  /** `host:port`, any of the cluster's. */
  brokers: readonly string[];
  /** Shown in the brokers' logs and metrics. */
  clientId: string;
  tls?: KafkaTls;
  sasl?: KafkaSasl;
  /** Of the topics that are made: copies of each partition, and how many of them must have a record before it counts. */
  replicationFactor: number;
  minInSyncReplicas: number;
  /** Of what is written; whatever was written is read. */
  compression?: 'none' | 'gzip';
  /** A member of a group that is silent for so long loses its partitions to the others. */
  sessionTimeoutMs: number;
  /** A consumer whose client is silent for so long gets another one: 60 s where absent. */
  stallTimeoutMs?: number;
  /** Records that the only group of a topic has completed are deleted so often: every 30 s where absent. */
  deleteEveryMs?: number;
  timers?: LogTimers;
  /** What the client tells of its connections and groups; never a record. */
  onNotice?: (notice: KafkaNotice) => void;
}

export interface KafkaTls {
  /** PEM texts; the system's authorities where `ca` is absent. */
  ca?: string;
  certificate?: string;
  key?: string;
}

export interface KafkaSasl {
  mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  username: string;
  password: string;
}

export interface KafkaNotice {
  level: 'error' | 'warn' | 'info';
  message: string;
  context: Record<string, unknown>;
}
