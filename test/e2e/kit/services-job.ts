import { expect } from '@jest/globals';
import { waitFor } from '#testing';
import { type OracleJob, type OracleOptions, oracleJob } from '../../oracle/index.js';
import { MonotonyReader } from '../random-changes.monotony.js';
import { COLLECTIONS, SCHEMA, TRUTH } from '../random-changes.schema.js';
import { Writers } from '../random-changes.writers.js';
import { kafkaLog } from './kafka-engine.js';
import { Deployment } from './services.js';

/** A job of random changes that services run; this process writes to the source, and holds the documents against SQL. */
export interface ServicesJob extends AsyncDisposable {
  job: OracleJob;
  deployment: Deployment;
  writers: Writers;
  /** A document that went back shows in its `backwards`. */
  reader: MonotonyReader;
  phase(): Promise<string>;
  reached(phase: string): Promise<void>;
  /** The documents are what SQL says, and none went back. */
  settled(): Promise<void>;
}

export interface ServicesJobOptions {
  brokers: readonly string[];
  redisUri?: string;
  seed: number;
  env?: Record<string, string>;
  oracle?: Partial<OracleOptions>;
}

const READERS = 4;
const SLOWLY = { timeoutMs: 120_000, everyMs: 20 };

export async function servicesJob(options: ServicesJobOptions): Promise<ServicesJob> {
  const { brokers, redisUri, seed } = options;
  const job = await oracleJob({
    schema: SCHEMA,
    collections: COLLECTIONS,
    truth: TRUTH,
    parts: { makeLog: () => kafkaLog(brokers), roles: [] },
    ...options.oracle,
  });
  const deployment = await Deployment.of({
    brokers,
    mongoUri: job.mongo.uri,
    database: job.mongo.database,
    ...(redisUri !== undefined && { redisUri }),
    env: {
      MILLRACE_CHUNK_ROWS: '100',
      MILLRACE_ROWS_PARTITIONS: '4',
      MILLRACE_TOUCHES_PARTITIONS: '4',
      MILLRACE_READERS: String(READERS),
      MILLRACE_ROOTS_PER_BUILD_TASK: '10',
      ...options.env,
    },
  });
  const writers = await Writers.connect(job.pg.uri, seed);
  const reader = new MonotonyReader(job.mongo.db, ['roots', 'looks', 'atoms']);
  const phase = async () => (await job.commands.status()).phase;
  return {
    job,
    deployment,
    writers,
    reader,
    phase,
    reached: async (wanted) => {
      await waitFor(async () => (await phase()) === wanted, SLOWLY);
    },
    settled: async () => {
      await job.isTrue();
      expect(reader.backwards).toEqual([]);
    },
    async [Symbol.asyncDispose]() {
      await reader[Symbol.asyncDispose]();
      await writers[Symbol.asyncDispose]();
      await deployment[Symbol.asyncDispose]();
      await job[Symbol.asyncDispose]();
    },
  };
}
