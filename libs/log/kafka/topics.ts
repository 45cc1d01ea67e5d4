import { type Admin, ConfigResourceTypes, type ITopicMetadata } from 'kafkajs';
import { MillraceError } from '#errors';
import { LOG_ERRORS } from '../log.codes.js';
import type { TopicSpec } from '../log.js';
import { typeOf } from './kafka-errors.js';
import type { KafkaLogOptions } from './kafka-options.js';

type Copies = Pick<KafkaLogOptions, 'replicationFactor' | 'minInSyncReplicas'>;

/** Nothing is ever dropped by age, size or key, and no replica that lags behind becomes the leader. */
const SETTINGS: Readonly<Record<string, string>> = {
  'cleanup.policy': 'delete',
  'retention.ms': '-1',
  'retention.bytes': '-1',
  'unclean.leader.election.enable': 'false',
};
const MIN_IN_SYNC = 'min.insync.replicas';

/** Makes those that are not there; of those that are, everything that the log's promises stand on is compared. */
export async function makeTopics(admin: Admin, topics: readonly TopicSpec[], copies: Copies): Promise<void> {
  await create(admin, topics, copies);
  const names = topics.map(({ name }) => name);
  const { topics: made } = await admin.fetchTopicMetadata({ topics: names });
  const byName = new Map(made.map((topic) => [topic.name, topic]));
  for (const topic of topics) {
    comparePartitions(topic, byName.get(topic.name));
    compareCopies(topic, byName.get(topic.name), copies);
  }
  await compareSettings(admin, names, copies);
}

async function create(admin: Admin, topics: readonly TopicSpec[], copies: Copies): Promise<void> {
  const settings = { ...SETTINGS, [MIN_IN_SYNC]: String(copies.minInSyncReplicas) };
  const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value }));
  const { replicationFactor } = copies;
  try {
    await admin.createTopics({
      topics: topics.map(({ name, partitions }) => ({
        topic: name,
        numPartitions: partitions,
        replicationFactor,
        configEntries,
      })),
    });
  } catch (error) {
    if (refusalOf(error) !== 'INVALID_REPLICATION_FACTOR') throw error;
    throw unsafe(`the cluster has not the brokers for ${replicationFactor} copies of each partition`);
  }
}

/** The client gives the refusals of several topics in one error. */
function refusalOf(error: unknown): string | undefined {
  const [first] = (error as { errors?: unknown[] }).errors ?? [error];
  return typeOf(first);
}

function comparePartitions({ name, partitions }: TopicSpec, found: ITopicMetadata | undefined): void {
  const has = found?.partitions.length ?? 0;
  if (has === partitions) return;
  throw new MillraceError(LOG_ERRORS.LOG_PARTITIONS_DIFFER, `topic ${name} has ${has} partitions, not ${partitions}`);
}

function compareCopies({ name }: TopicSpec, found: ITopicMetadata | undefined, { replicationFactor }: Copies): void {
  const fewest = Math.min(...(found?.partitions ?? []).map((partition) => partition.replicas.length));
  if (fewest < replicationFactor)
    throw unsafe(`topic ${name} has ${fewest} copies of a partition, not ${replicationFactor}`);
}

async function compareSettings(admin: Admin, names: readonly string[], { minInSyncReplicas }: Copies): Promise<void> {
  const wanted = [...Object.keys(SETTINGS), MIN_IN_SYNC];
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: names.map((name) => ({ type: ConfigResourceTypes.TOPIC, name, configNames: wanted })),
  });
  for (const { resourceName, configEntries } of resources) {
    for (const { configName, configValue } of configEntries) {
      const isMinimum = configName === MIN_IN_SYNC;
      const holds = isMinimum ? Number(configValue) >= minInSyncReplicas : configValue === SETTINGS[configName];
      const should = isMinimum ? `at least ${minInSyncReplicas}` : SETTINGS[configName];
      if (!holds) throw unsafe(`topic ${resourceName} has ${configName}=${configValue}; it must be ${should}`);
    }
  }
}

function unsafe(message: string): MillraceError {
  return new MillraceError(LOG_ERRORS.LOG_TOPIC_SETTINGS, message);
}
