import { expect } from '@jest/globals';
import type { Db } from 'mongodb';
import { type TestMongo, type TestPostgres, testMongo, testPostgres } from '#testing';
import { kafkaEngine } from './kafka-engine.js';
import { type CliContext, type CliResult, cliContext } from '../run-cli.js';
import { startCrashing, startMillrace, type MillraceProcess } from './processes.js';
import { envOf, expectShop, jobText } from './shop.js';

/** A job of a shop, and what a test does to it: in this process, or in one of its own that may be killed. */
export interface JobLife {
  job: string;
  file: string;
  db: Db;
  env: Record<string, string>;
  run(...args: string[]): Promise<CliResult>;
  start(...args: string[]): MillraceProcess;
  /** Runs in a process that is killed at this step, and fails where the step never comes. */
  crash(at: string, ...args: string[]): Promise<void>;
  /** `run --until-synced`, after which the documents are what SQL says. */
  sync(): Promise<void>;
  verify(counts?: Record<string, number>): Promise<void>;
  end(): Promise<void>;
}

export interface Workshop extends AsyncDisposable {
  postgres: TestPostgres;
  mongo: TestMongo;
  cli: CliContext;
  /** A job of its own name and target on the same source. */
  newJob(more?: string): Promise<JobLife>;
}

/** With `brokers` everything runs over Kafka. */
export async function workshop(schema: string, { brokers }: { brokers?: string[] } = {}): Promise<Workshop> {
  const engine = brokers === undefined ? undefined : kafkaEngine(brokers);
  const [postgres, mongo, cli] = await Promise.all([testPostgres(), testMongo(), cliContext(engine)]);
  await postgres.exec(schema);
  let jobs = 0;
  return {
    postgres,
    mongo,
    cli,
    newJob: (more) => jobLife({ postgres, mongo, cli, brokers }, ++jobs, more),
    async [Symbol.asyncDispose]() {
      await mongo[Symbol.asyncDispose]();
      await postgres[Symbol.asyncDispose]();
      await cli[Symbol.asyncDispose]();
    },
  };
}

type Parts = Pick<Workshop, 'postgres' | 'mongo' | 'cli'> & { brokers: string[] | undefined };

async function jobLife({ postgres, mongo, cli, brokers }: Parts, n: number, more?: string): Promise<JobLife> {
  const job = `${mongo.job}_${n}`;
  const file = await cli.file(`${job}.yaml`, jobText(job, job, more));
  const env = envOf(postgres, mongo);
  const db = mongo.client.db(job);
  const run = (...args: string[]): Promise<CliResult> => cli.run(args, env);
  return {
    job,
    file,
    db,
    env,
    run,
    start: (...args) => startMillrace(args, env),
    async crash(at, ...args) {
      const over = brokers === undefined ? {} : { MILLRACE_CRASH_BROKERS: brokers.join(',') };
      await using crashing = startCrashing(at, args, { ...env, ...over });
      const givingUp = setTimeout(() => crashing.child.kill('SIGQUIT'), 40_000);
      const { code, signal } = await crashing.ended;
      clearTimeout(givingUp);
      expect({ at, code, signal, err: code === null ? '' : crashing.err }).toEqual({
        at,
        code: null,
        signal: 'SIGKILL',
        err: '',
      });
    },
    async sync() {
      const { code, err } = await run('run', '--until-synced', file);
      expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' });
      await expectShop(postgres, db);
    },
    async verify(counts = {}) {
      const { code, json } = await run('verify', file, '--json');
      const expected = { different: 0, missing: 0, extra: 0, edited: 0, deadLetters: 0, ...counts };
      expect(json).toEqual([expect.objectContaining(expected)]);
      expect(code).toBe(expected.deadLetters > 0 ? 3 : 0);
    },
    async end() {
      expect(await run('reset', '--yes', file)).toMatchObject({ code: 0 });
      await db.dropDatabase();
    },
  };
}

/** What a job leaves on the source: the names of its slots and publications. */
export async function leftOnSource(
  { postgres }: Pick<Workshop, 'postgres'>,
  { job }: Pick<JobLife, 'job'>,
): Promise<string[]> {
  const rows = await postgres.query<{ name: string }>(
    `SELECT slot_name::text AS name FROM pg_replication_slots WHERE slot_name LIKE $1
     UNION ALL SELECT pubname::text FROM pg_publication WHERE pubname LIKE $1`,
    [`millrace_${job}_%`],
  );
  return rows.map(({ name }) => name);
}

export async function databases({ mongo }: Pick<Workshop, 'mongo'>): Promise<string[]> {
  const { databases: all } = await mongo.client.db('admin').admin().listDatabases();
  return all.map(({ name }) => name);
}
