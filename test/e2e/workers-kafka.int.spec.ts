import { expect, test } from '@jest/globals';
import { type Role, runWorker, type WorkerDeps } from '#job';
import { testKafka, waitFor } from '#testing';
import { type OracleJob, oracleJob } from '../oracle/index.js';
import { kafkaLog } from './kit/kafka-engine.js';
import { MonotonyReader } from './random-changes.monotony.js';
import { COLLECTIONS, SCHEMA, TRUTH } from './random-changes.schema.js';
import { Writers } from './random-changes.writers.js';

const SLOWLY = { timeoutMs: 120_000 };

/**
 * Rows and documents are owned elsewhere: one member runs the job and reads the source, others, each with connections of its
 * own, have rows or documents, and come and go. MILLRACE_TEST_SEED replays the statements.
 */

const SEED = Number(process.env['MILLRACE_TEST_SEED'] ?? 1 + Math.floor(Math.random() * 1e6));

/** Does its part until it is stopped. */
class Replica implements AsyncDisposable {
  private readonly stopping = new AbortController();
  private constructor(private readonly working: Promise<void>) {
    working.catch(() => undefined);
  }

  static async start(job: OracleJob, role: Exclude<Role, 'ingest'>): Promise<Replica> {
    const store = await job.deps.openStore(() => undefined);
    const stopping = new AbortController();
    const deps: WorkerDeps = { ...job.deps, roles: [role], store };
    const replica = new Replica(runWorker(deps, stopping.signal).finally(() => store.close()));
    replica.stopping.signal.addEventListener('abort', () => stopping.abort());
    return replica;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stopping.abort();
    await this.working;
  }
}

test(`random changes, of seed ${SEED}, through two owners of rows and two of documents that come and go`, async () => {
  const { brokers } = await testKafka();
  await using job = await oracleJob({
    schema: SCHEMA,
    collections: COLLECTIONS,
    truth: TRUTH,
    tuning: { chunkRows: 20, rowsPartitions: 4, touchesPartitions: 4 },
    parts: { makeLog: () => kafkaLog(brokers), roles: ['ingest'] },
  });
  await using writers = await Writers.connect(job.pg.uri, SEED);
  await using reader = new MonotonyReader(job.mongo.db, ['roots', 'looks', 'atoms']);
  await writers.go(40);
  await using _transform = await Replica.start(job, 'transform');
  await using _write = await Replica.start(job, 'write');
  await Promise.all([job.load(), writers.go(200)]);
  reader.start();
  {
    await using _secondTransform = await Replica.start(job, 'transform');
    await using _secondWrite = await Replica.start(job, 'write');
    await writers.go(200);
    await job.isTrue();
    await writers.go(100);
  }
  await writers.go(100);
  await job.isTrue();
  await reader.stop();
  expect(reader.backwards).toEqual([]);
  await job.stop();
  await writers.go(40);
  await job.load({ fresh: true });
  await job.isTrue();
  await waitFor(async () => (await job.letters()).every(({ code }) => code === 'ID_TAKEN'), SLOWLY);
}, 300_000);
