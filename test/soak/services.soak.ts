import { setTimeout } from 'node:timers/promises';
import { inspect } from 'node:util';
import { expect, test } from '@jest/globals';
import { startKafka, startRedis } from '#servers';
import { asTestMongo, startReplicaSet, testPostgres, waitFor } from '#testing';
import { presentNames } from '../e2e/kit/incarnation.js';
import { type ServicesJob, servicesJob } from '../e2e/kit/services-job.js';
import type { Replica } from '../e2e/kit/services.js';
import { Random } from '../simulation/kernel/index.js';

/**
 * Services under random changes and random faults for as long as you like: `npm run soak -- --minutes 60 --seed 7`. After each
 * fault the documents are what SQL says, and none went back.
 */

const MINUTES = Number(process.env['MILLRACE_SOAK_MINUTES'] ?? 10);
const SEED = Number(process.env['MILLRACE_TEST_SEED'] ?? 1 + Math.floor(Math.random() * 1e6));
const say = (text: string): void => void process.stderr.write(`${new Date().toISOString().slice(11, 19)}  ${text}\n`);

const SERVICES = ['ingest', 'transform', 'write', 'dead-letter'] as const;
const REPLICAS = 2;
/** Of the log of a process, where a round fails. */
const LAST_CHARACTERS = 4_000;
/** Of all members of groups here. */
const SESSION_MS = 3_000;

/** What happens, and what undoes it. */
type Fault = (world: World) => Promise<() => Promise<unknown>>;

interface World extends ServicesJob {
  chance: Random;
  kill: Record<'kafka' | 'redis', () => Promise<() => Promise<void>>>;
  killPrimary(): Promise<() => Promise<void>>;
}

const FAULTS: Record<string, Fault> = {
  'a replica is killed': async (world) => {
    const replica = anyOf(world);
    await replica.kill();
    return () => world.deployment.start(replica.service);
  },
  'a replica is stopped, and another one comes': async (world) => {
    const replica = anyOf(world);
    await replica.stop();
    return () => world.deployment.start(replica.service);
  },
  'a replica stands still for longer than its session': async (world) => {
    const replica = anyOf(world);
    replica.signal('SIGSTOP');
    await setTimeout(3 * SESSION_MS);
    return async () => replica.signal('SIGCONT');
  },
  'one more of each': async ({ deployment }) => {
    const more = (await Promise.all(SERVICES.map((service) => deployment.start(service)))).flat();
    return () => Promise.all(more.map((replica) => replica.stop()));
  },
  'Kafka is killed': ({ kill }) => kill.kafka(),
  'Redis is killed, and has lost everything': ({ kill }) => kill.redis(),
  'the primary of MongoDB is killed': ({ killPrimary }) => killPrimary(),
  'it is loaded again': async ({ deployment, job }) => {
    const { incarnationId: former } = await presentNames(job.mongo, job.mongo.job);
    await deployment.jobs.run(job.mongo.job, { fresh: true });
    const isNew = async () => (await presentNames(job.mongo, job.mongo.job)).incarnationId !== former;
    return () => waitFor(isNew, { timeoutMs: 120_000 });
  },
};

test(
  `random faults for ${MINUTES} minutes (seed ${SEED})`,
  async () => {
    await using set = await startReplicaSet();
    await using kafka = await startKafka();
    await using redis = await startRedis();
    const pg = await testPostgres();
    const brokers = kafka.uri.split(',');
    const servers = { pg, mongo: asTestMongo(set) };
    await using here = await servicesJob({ brokers, redisUri: redis.uri, seed: SEED, oracle: { servers } });
    const killing = (server: { kill(): Promise<void>; restart(): Promise<void> }) => async () => {
      await server.kill();
      return () => server.restart();
    };
    const world: World = {
      ...here,
      chance: new Random(SEED),
      kill: { kafka: killing(kafka), redis: killing(redis) },
      killPrimary: async () => {
        const dead = await set.killPrimary();
        return () => dead.restart();
      },
    };
    const { deployment, job, reader, reached } = here;
    await Promise.all(SERVICES.map((service) => deployment.start(service, REPLICAS)));
    await deployment.run(job.mongo.job, job.text);
    await reached('streaming');
    reader.start();
    const ends = Date.now() + MINUTES * 60_000;
    for (let round = 1; Date.now() < ends; round++) {
      await one(world, round).catch(async (error: unknown) => {
        await tellWhatThereIs(world);
        throw error;
      });
      expect(reader.backwards).toEqual([]);
    }
    await reader.stop();
    say(`${reader.reads} readings of all documents, none went back`);
  },
  (MINUTES + 15) * 60_000,
);

async function one(world: World, round: number): Promise<void> {
  const { chance, job, writers, reader, reached } = world;
  const name = chance.one(Object.keys(FAULTS));
  say(`${round}: ${name}`);
  // While it is loaded again, documents are those of the former load.
  const isLoad = name === 'it is loaded again';
  if (isLoad) await reader.stop();
  const [undo] = await Promise.all([(FAULTS[name] as Fault)(world), writers.go(100 + chance.below(200))]);
  await undo();
  await reached('streaming');
  await job.isTrue();
  if (isLoad) reader.start();
}

/** What a person would look at first. */
async function tellWhatThereIs({ job, deployment }: World): Promise<void> {
  const status = await job.commands.status().catch((error: unknown) => error);
  say(inspect(status, { depth: 6 }));
  for (const { service, child, text } of deployment.replicas)
    say(`${service} ${child.pid}, exit ${child.exitCode ?? child.signalCode}:\n${text.slice(-LAST_CHARACTERS)}`);
}

function anyOf({ deployment, chance }: World): Replica {
  return chance.one(deployment.of(chance.one(SERVICES)));
}
