import { setTimeout as delay } from 'node:timers/promises';
import { expect } from '@jest/globals';
import { readSettings } from '#config';
import { type JobCommands, type JobDeps, type LetterSummary, openJob, type RunOutcome, type Tuning } from '#job';
import { readJobFile } from '#mapping';
import { type TestMongo, type TestPostgres, testMongo, testPostgres, waitFor } from '#testing';
import { composeJob } from '#compose';
import { compactJson, extendedJson } from './extended-json.js';
import { ORACLE_SQL } from './oracle-sql.js';

export interface OracleOptions {
  /** Makes tables and first rows. */
  schema: string;
  /** YAML: the content of `collections`. */
  collections: string;
  /** YAML: further keys of the job file, as `defaults: { nulls: omit }`. */
  more?: string;
  /** By collection: a SELECT of one column of json, one row a document, in canonical Extended JSON (see ORACLE_SQL). */
  truth?: Record<string, string>;
  tuning?: Partial<Tuning>;
  /** Other parts than those of one process. */
  parts?: Partial<Pick<JobDeps, 'makeLog' | 'roles'>>;
  /** Others than those that all tests share; the job disposes of them. */
  servers?: { pg: TestPostgres; mongo: TestMongo };
}

/** A job in this process, on databases of its own, whose documents are held against what SQL says they should be. */
export interface OracleJob extends AsyncDisposable {
  /** The job file. */
  text: string;
  pg: TestPostgres;
  mongo: TestMongo;
  commands: JobCommands;
  deps: JobDeps;
  /** By collection: the SELECT that says what its documents are. */
  truth: Record<string, string>;
  /** Codes of warnings, and phases, as the job told them. */
  told: string[];
  /** Runs the job until its documents are built and changes are followed (or the snapshot is loaded). */
  load(options?: { fresh?: boolean }): Promise<void>;
  /** As `load`, until it tells of this phase. */
  loadUntil(phase: string): Promise<void>;
  /** Ends the run as a signal does. */
  stop(): Promise<void>;
  /** Everything committed until now is in the target. */
  synced(): Promise<void>;
  /** The target's documents as canonical Extended JSON, sorted. */
  documents(collection: string): Promise<string[]>;
  expected(sql: string): Promise<string[]>;
  /** Once synced, every collection of `truth` equals what its SQL says. */
  isTrue(): Promise<void>;
  /** Changes the source, then `isTrue`. */
  after(...sql: string[]): Promise<void>;
  letters(): Promise<LetterSummary[]>;
}

/** Sizes that make batches, chunks and partitions as small as they get, odd ones, and those of every day: they change nothing. */
export const SIZES = {
  tiny: {
    rowsPartitions: 1,
    touchesPartitions: 1,
    readers: 1,
    chunkRows: 2,
    rowsBatchBytes: 1,
    rowsBatchRecords: 1,
    rootsPerTransaction: 1,
    rootsPerBuildTask: 2,
  },
  odd: {
    rowsPartitions: 7,
    touchesPartitions: 3,
    readers: 2,
    chunkRows: 3,
    rowsBatchBytes: 2_000,
    rowsBatchRecords: 3,
    rootsPerTransaction: 3,
    rootsPerBuildTask: 3,
  },
  usual: {},
} as const satisfies Record<string, Partial<Tuning>>;

/** Waits of the engine are so many times shorter: nothing depends on them but pace. */
const HURRY = 10;

export async function oracleJob(options: OracleOptions): Promise<OracleJob> {
  const { pg, mongo } = options.servers ?? { pg: await testPostgres(), mongo: await testMongo() };
  try {
    await pg.exec(ORACLE_SQL);
    await pg.exec(options.schema);
    await pg.exec('ANALYZE');
    return new RunningJob(pg, mongo, options);
  } catch (error) {
    await Promise.all([pg[Symbol.asyncDispose](), mongo[Symbol.asyncDispose]()]);
    throw error;
  }
}

class RunningJob implements OracleJob {
  readonly commands: JobCommands;
  readonly deps: JobDeps;
  readonly told: string[] = [];
  readonly truth: Record<string, string>;
  readonly text: string;
  private readonly isSnapshot: boolean;
  private stopping = new AbortController();
  private running: Promise<RunOutcome> | undefined;
  private failure: { error: unknown } | undefined;

  constructor(
    readonly pg: TestPostgres,
    readonly mongo: TestMongo,
    options: OracleOptions,
  ) {
    this.truth = options.truth ?? {};
    this.text = jobFileText(pg, mongo, options);
    const read = readJobFile(this.text, {
      fileName: 'job.yaml',
      env: {},
      readSecretFile: () => '',
    });
    if (read.problems) throw new Error(JSON.stringify(read.problems, null, 2));
    this.isSnapshot = read.jobFile.mode === 'snapshot';
    const deps = composeJob({ fileName: 'job.yaml', ...read }, readSettings({}), (event) => {
      if (event.kind === 'warning') this.told.push(event.finding.code);
      if (event.kind === 'phase') this.told.push(event.phase);
    });
    this.deps = {
      ...deps,
      timers: {
        ...deps.timers,
        wait: (ms, signal) => delay(ms / HURRY, undefined, signal === undefined ? {} : { signal }),
      },
      tuning: { ...deps.tuning, ...options.tuning },
      ...options.parts,
    };
    this.commands = openJob(this.deps);
  }

  async load({ fresh = false } = {}): Promise<void> {
    this.start(fresh);
    if (this.isSnapshot) await this.running;
    else await this.when(() => this.told.includes('streaming'));
  }

  async loadUntil(phase: string): Promise<void> {
    this.start(false);
    await this.when(() => this.told.includes(phase) || this.told.includes('streaming'));
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
    this.running = undefined;
  }

  /** Verification catches up first, and judges one collection here: the comparison is the test's own. */
  async synced(): Promise<void> {
    const first = Object.keys(this.truth)[0];
    const only = first === undefined ? {} : { collection: first };
    const ended = this.running?.then(() => Promise.reject(new Error('the run has ended')));
    const verified = this.commands.verify({ repair: false, ...only }, this.stopping.signal);
    await Promise.race([verified, ...(ended ? [ended] : [])]);
  }

  async documents(collection: string): Promise<string[]> {
    const found: string[] = [];
    const raw = this.mongo.db.collection(collection).find({}, { raw: true });
    for await (const bytes of raw) found.push(extendedJson(bytes as unknown as Uint8Array));
    return found.sort();
  }

  async expected(sql: string): Promise<string[]> {
    const rows = await this.pg.query<{ document: string }>(`SELECT (t.d)::text AS document FROM (${sql}) AS t(d)`);
    return rows.map(({ document }) => compactJson(document)).sort();
  }

  async isTrue(): Promise<void> {
    if (!this.isSnapshot) await this.synced();
    for (const [collection, sql] of Object.entries(this.truth)) {
      const [documents, expected] = [await this.documents(collection), await this.expected(sql)];
      const found = {
        collection,
        count: documents.length,
        wrong: without(documents, expected),
        lacking: without(expected, documents),
      };
      expect(found).toEqual({ collection, count: expected.length, wrong: [], lacking: [] });
    }
  }

  async after(...sql: string[]): Promise<void> {
    for (const statement of sql) await this.pg.exec(statement);
    await this.isTrue();
  }

  async letters(): Promise<LetterSummary[]> {
    await this.synced();
    return this.commands.listLetters();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      if (this.running !== undefined) await this.stop().catch(() => undefined);
      await this.commands.reset();
      await this.commands.close();
    } finally {
      await Promise.all([this.pg[Symbol.asyncDispose](), this.mongo[Symbol.asyncDispose]()]);
    }
  }

  private start(fresh: boolean): void {
    this.stopping = new AbortController();
    this.told.length = 0;
    const options = { untilSynced: false, fresh, dropTarget: false, force: [] };
    this.running = this.commands.run(options, this.stopping.signal);
    this.running.catch((error: unknown) => {
      this.failure = { error };
    });
  }

  private async when(condition: () => boolean): Promise<void> {
    await waitFor(() => this.failure ?? condition(), { timeoutMs: 50_000 });
    if (this.failure) throw this.failure.error;
  }
}

/** The first few, so that a failure can be read. */
function without(documents: readonly string[], others: readonly string[]): string[] {
  const known = new Set(others);
  return documents.filter((document) => !known.has(document)).slice(0, 3);
}

function jobFileText(pg: TestPostgres, mongo: TestMongo, { collections, more }: OracleOptions): string {
  return `job: ${mongo.job}
source: { kind: postgres, uri: ${JSON.stringify(pg.uri)} }
target: { uri: ${JSON.stringify(mongo.uri)}, database: ${mongo.database} }
${more ?? ''}
collections:
${collections.replace(/^/gm, '  ')}
`;
}
