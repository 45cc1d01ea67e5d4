import type { Admin, ITopicMetadata, KafkaJSDeleteGroupsError } from 'kafkajs';
import { MillraceError } from '#errors';
import { LOG_ERRORS } from '../log.codes.js';
import type { TopicSpec } from '../log.js';
import { isTransient, typeOf } from './kafka-errors.js';
import type { KafkaLogOptions } from './kafka-options.js';
import { ConfigResourceTypes } from './kafkajs.js';
import { GONE_AFTER_MS } from './topic-absence.js';

type Copies = Pick<KafkaLogOptions, 'replicationFactor' | 'minInSyncReplicas'>;

/**
 * Nothing is ever dropped by age, size or key, no replica that lags behind becomes the leader, and times are the broker's:
 * by them a reader tells an abandoned record from one that is on its way.
 */
const SETTINGS: Readonly<Record<string, string>> = {
  'cleanup.policy': 'delete',
  'retention.ms': '-1',
  'retention.bytes': '-1',
  'message.timestamp.type': 'LogAppendTime',
};
/** A cluster's own rules may forbid to set the last one, where it is so anyway. */
const COMPARED: Readonly<Record<string, string>> = { ...SETTINGS, 'unclean.leader.election.enable': 'false' };
const MIN_IN_SYNC = 'min.insync.replicas';
const DESCRIBED_WITHIN_MS = 30_000;

/** Makes those that are not there; of those that are, everything that the log's promises stand on is compared. */
export async function makeTopics(
  admin: Admin,
  topics: readonly TopicSpec[],
  { wereMade, pause, ...copies }: Copies & { wereMade: boolean; pause(): Promise<void> },
): Promise<void> {
  refuseUnwritable(copies);
  if (wereMade) await demand(admin, topics, pause);
  else await create(admin, topics, copies);
  const names = topics.map(({ name }) => name);
  const { topics: made } = await patiently(pause, () => admin.fetchTopicMetadata({ topics: names }));
  const byName = new Map(made.map((topic) => [topic.name, topic]));
  for (const topic of topics) {
    comparePartitions(topic, byName.get(topic.name));
    compareCopies(topic, byName.get(topic.name), copies);
  }
  await patiently(pause, () => compareSettings(admin, byName, copies));
}

/** Every append would wait for copies that there are not. */
function refuseUnwritable({ replicationFactor, minInSyncReplicas }: Copies): void {
  if (minInSyncReplicas <= replicationFactor) return;
  throw unsafe(
    `${minInSyncReplicas} copies are to have a record before it counts, and each partition gets ${replicationFactor}`,
  );
}

/** One answer tells nothing: a broker that was restarted hears of topics some time later. */
async function demand(admin: Admin, topics: readonly TopicSpec[], pause: () => Promise<void>): Promise<void> {
  const endMs = performance.now() + GONE_AFTER_MS;
  let missing = await missingOf(admin, topics);
  while (missing.length > 0 && performance.now() < endMs) {
    await pause();
    missing = await missingOf(admin, topics);
  }
  if (missing.length === 0) return;
  const message = `${missing.join(', ')}: gone, with the records that were in ${missing.length === 1 ? 'it' : 'them'}`;
  throw new MillraceError(LOG_ERRORS.LOG_TOPIC_MISSING, message);
}

async function missingOf(admin: Admin, topics: readonly TopicSpec[]): Promise<string[]> {
  const there = new Set(await admin.listTopics());
  return topics.filter(({ name }) => !there.has(name)).map(({ name }) => name);
}

async function create(admin: Admin, topics: readonly TopicSpec[], copies: Copies): Promise<void> {
  const settings = { ...SETTINGS, [MIN_IN_SYNC]: String(copies.minInSyncReplicas) };
  const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value }));
  const { replicationFactor } = copies;
  try {
    await admin.createTopics({
      waitForLeaders: false, // `patiently` does, and bears with brokers that have not heard of the topics yet.
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

/** Of topics that were just made brokers may not know for a moment, nor who leads them. */
async function patiently<T>(pause: () => Promise<void>, ask: () => Promise<T>): Promise<T> {
  const endMs = performance.now() + DESCRIBED_WITHIN_MS;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (error instanceof MillraceError || !isTransient(error) || performance.now() >= endMs) throw error;
      await pause();
    }
  }
}

/** With their groups, which begin with the topics' names. Those that are not there are no error. */
export async function removeTopics(admin: Admin, topics: readonly string[]): Promise<void> {
  const { groups } = await admin.listGroups();
  const ids = groups.map(({ groupId }) => groupId).filter((id) => topics.some((topic) => id.startsWith(`${topic}.`)));
  const there = new Set(await admin.listTopics());
  const found = topics.filter((topic) => there.has(topic));
  if (found.length > 0) await admin.deleteTopics({ topics: found });
  if (ids.length > 0) await admin.deleteGroups(ids).catch(unlessTheyHaveMembers);
}

/**
 * A member that was killed is in its group until its session is over, and one that still works leaves when it sees that its
 * incarnation is over. What such a group has committed goes with the topics, and the broker drops it when it is empty.
 */
function unlessTheyHaveMembers(error: unknown): void {
  const { groups: refused = [] } = error as Partial<KafkaJSDeleteGroupsError>;
  if (refused.length === 0 || !refused.every((group) => typeOf(group.error) === 'NON_EMPTY_GROUP')) throw error;
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
  const fewest = fewestCopies(found);
  if (fewest < replicationFactor)
    throw unsafe(`topic ${name} has ${fewest} copies of a partition, not ${replicationFactor}`);
}

const fewestCopies = (found: ITopicMetadata | undefined): number =>
  Math.min(...(found?.partitions ?? []).map((partition) => partition.replicas.length));

async function compareSettings(
  admin: Admin,
  topics: ReadonlyMap<string, ITopicMetadata>,
  { minInSyncReplicas }: Copies,
): Promise<void> {
  const wanted = [...Object.keys(COMPARED), MIN_IN_SYNC];
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [...topics.keys()].map((name) => ({ type: ConfigResourceTypes.TOPIC, name, configNames: wanted })),
  });
  for (const { resourceName, configEntries } of resources) {
    const copies = fewestCopies(topics.get(resourceName));
    const faults = configEntries.flatMap(({ configName, configValue }) => {
      const isMinimum = configName === MIN_IN_SYNC;
      const minimum = Number(configValue);
      const holds = isMinimum
        ? minimum >= minInSyncReplicas && minimum <= copies
        : configValue === COMPARED[configName];
      const should = isMinimum ? `from ${minInSyncReplicas} to ${copies}, its copies` : COMPARED[configName];
      return holds ? [] : [`${configName}=${configValue} (it must be ${should})`];
    });
    if (faults.length > 0) throw unsafe(`topic ${resourceName} has ${faults.join(', ')}`);
  }
}

function unsafe(message: string): MillraceError {
  return new MillraceError(LOG_ERRORS.LOG_TOPIC_SETTINGS, message);
}
