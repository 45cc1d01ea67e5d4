import { readFile } from 'node:fs/promises';
import { composeJob, readJob } from '#compose';
import { SERVICES, type ServiceName } from '#config';
import { DEFAULT_TUNING, type JobCommands, openJob } from '#job';
import { KafkaLog } from '#log/kafka';
import { Redactor } from '#observability/redaction';
import { type Server, startKafka, startMongo, startRedis } from '#servers';
import { waitFor } from '#testing';
import { Deployment, type Replica } from '../../e2e/kit/services.js';
import type { Bench, JobName } from '../bed.js';
import type { Spent } from '../figures.js';
import { benchFile } from '../files.js';
import { cpuSecondsOf } from '../server-cpu.js';

const BUILT_MS = 1_800_000;
/** Sees a phase soon after it has begun. */
const LOOK_MS = 20;

/** One job between the run's source and a MongoDB of its own, run by services over a Kafka and a Redis of their own. */
export class ServicesBed implements AsyncDisposable {
  private constructor(
    readonly bench: Bench,
    readonly name: string,
    readonly postgres: Server,
    readonly mongo: Server,
    private readonly kafka: Server,
    private readonly redis: Server,
    readonly deployment: Deployment,
    readonly job: JobCommands,
    private readonly text: string,
  ) {}

  static async make(bench: Bench, job: JobName, postgres: Server): Promise<ServicesBed> {
    const { cpuProf } = bench.options;
    const history = `minSnapshotHistoryWindowInSeconds=${bench.options.targetHistory}`;
    const mongo = await startMongo({ cacheSizeGb: 'default', args: ['--setParameter', history] });
    const [kafka, redis] = await Promise.all([startKafka(), startRedis()]);
    const env = { SHOP_PG_URI: postgres.uri, SHOP_MONGO_URI: mongo.uri };
    const brokers = kafka.uri.split(',');
    const parts = {
      brokers,
      mongoUri: mongo.uri,
      database: 'millrace',
      redisUri: redis.uri,
      env: { ...settings(), ...env },
    };
    const nodeOptions = cpuProf === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${cpuProf}`];
    const deployment = await Deployment.of({ ...parts, nodeOptions, sessionTimeoutMs: undefined });
    const text = await readFile(benchFile(`shop-${job}.yaml`), 'utf8');
    const loaded = await readJob(text, { fileName: 'shop.yaml', env, redactor: new Redactor() });
    const copies = { replicationFactor: 1, minInSyncReplicas: 1 };
    const makeLog = () => new KafkaLog({ brokers, clientId: 'bench', ...copies, sessionTimeoutMs: 10_000 });
    const commands = openJob(composeJob(loaded, DEFAULT_TUNING, () => undefined, { makeLog, roles: [] }));
    const name = loaded.jobFile.job;
    return new ServicesBed(bench, name, postgres, mongo, kafka, redis, deployment, commands, text);
  }

  get database(): string {
    return this.name;
  }

  get versions(): { mongodb: string; Kafka: string; Redis: string } {
    return { mongodb: this.mongo.version, Kafka: this.kafka.version, Redis: this.redis.version };
  }

  async start(replicas: number): Promise<void> {
    const numbers: [ServiceName, number][] = [
      ['ingest', replicas],
      ['transform', replicas],
      ['write', replicas],
      ['dead-letter', 1],
    ];
    for (const [service, count] of numbers) await this.deployment.start(service, count);
  }

  async create(): Promise<void> {
    await this.deployment.jobs.create(this.name, { text: this.text, fileName: 'shop.yaml' }, 'bench');
  }

  async run(): Promise<void> {
    await this.deployment.jobs.run(this.name);
  }

  async stop(): Promise<void> {
    await this.deployment.jobs.stop(this.name);
    await waitFor(async () => !(await this.job.status()).running, { timeoutMs: 60_000 });
  }

  async streaming(): Promise<void> {
    const isThere = async () => (await this.job.status()).phase === 'streaming';
    await waitFor(isThere, { timeoutMs: BUILT_MS, everyMs: LOOK_MS });
  }

  /** What the services and MongoDB have spent on `work`. */
  async withUsage<T>(work: () => Promise<T>): Promise<{ result: T; spent: Spent[]; mongoCpuSeconds: number }> {
    const before = await this.spent();
    const result = await work();
    const after = await this.spent();
    const spent = SERVICES.flatMap((service): Spent[] => {
      const of = this.deployment.of(service);
      if (of.length === 0) return [];
      const cpuSeconds = of.reduce((sum, { child }) => sum + spentBy(after, child.pid) - spentBy(before, child.pid), 0);
      const peakBytes = Math.max(...of.map(({ child }) => after.get(child.pid ?? 0)?.peakBytes ?? 0));
      return [{ name: service, cpuSeconds, peakBytes }];
    });
    return { result, spent, mongoCpuSeconds: spentBy(after, this.mongo.pid) - spentBy(before, this.mongo.pid) };
  }

  /** The replica that runs the job, which is the one that captures. */
  async capturing(): Promise<Replica> {
    return waitFor(async () => {
      for (const replica of this.deployment.of('ingest')) {
        const text = await (await fetch(`${replica.url}/metrics`)).text();
        if (/^millrace_job_running\{[^}]*\} 1$/m.test(text)) return replica;
      }
      return undefined;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      // A clean end leaves the profiles.
      if (this.bench.options.cpuProf) await Promise.all(this.deployment.replicas.map((replica) => replica.stop()));
      await this.deployment[Symbol.asyncDispose]();
      await this.job.reset();
      await this.job.close();
    } finally {
      await Promise.all([this.mongo, this.kafka, this.redis].map((server) => server.stop()));
    }
  }

  private async spent(): Promise<Map<number, Used>> {
    const pids = [this.mongo.pid, ...this.deployment.replicas.map(({ child }) => child.pid ?? 0)];
    const entries = pids.map(async (pid): Promise<[number, Used]> => {
      return [pid, { cpuSeconds: (await cpuSecondsOf(pid)) ?? 0, peakBytes: await peakOf(pid) }];
    });
    return new Map(await Promise.all(entries));
  }
}

/** Those that the benchmark was started with, to try others than the defaults. */
function settings(): Record<string, string> {
  const given = Object.entries(process.env).filter(([name]) => name.startsWith('MILLRACE_'));
  return Object.fromEntries(given) as Record<string, string>;
}

type Used = Omit<Spent, 'name'>;

const spentBy = (spent: ReadonlyMap<number, Used>, pid = 0): number => spent.get(pid)?.cpuSeconds ?? 0;

/** Resident set at its highest; 0 where there is no /proc to ask. */
async function peakOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
}
