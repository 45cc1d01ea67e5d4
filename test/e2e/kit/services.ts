import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ServiceName } from '#config';
import { JobRegistry, type RegisteredJob } from '#registry';
import type { Store } from '#store';
import { openMongoStore } from '#store/mongodb';
import { waitFor } from '#testing';

/** A process takes its time where many start at once. */
const STARTS = { timeoutMs: 60_000 };

/** From the sources as from the build. */
const ROOT = rootAbove(import.meta.dirname);

function rootAbove(folder: string): string {
  return existsSync(join(folder, 'package.json')) ? folder : rootAbove(dirname(folder));
}

/** A replica of a service as a process of its own, from what was built. */
export class Replica implements AsyncDisposable {
  readonly ended: Promise<number | null>;
  private readonly lines: string[] = [];
  url = '';

  private constructor(
    readonly service: ServiceName,
    readonly child: ChildProcess,
  ) {
    this.ended = once(child, 'close').then(([code]) => code as number | null);
    let rest = '';
    child.stderr?.on('data', (chunk) => {
      const lines = (rest + String(chunk)).split('\n');
      rest = lines.pop() ?? '';
      this.lines.push(...lines);
    });
  }

  /** Ends with this process, however that ends. */
  static spawn(
    service: ServiceName,
    env: Record<string, string>,
    command: readonly string[] = ['node', `dist/apps/${service}/main.js`],
  ): Replica {
    const [program = '', ...args] = command;
    const child = spawn(program === 'node' ? process.execPath : program, args, {
      cwd: ROOT,
      env: { PATH: process.env['PATH'], MILLRACE_HTTP_PORT: '0', ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const kill = () => child.kill('SIGKILL');
    process.once('exit', kill);
    child.once('close', () => process.off('exit', kill));
    return new Replica(service, child);
  }

  /** Resolves when it serves its health. */
  async up(): Promise<this> {
    await waitFor(() => {
      const up = this.logged.find(({ url }) => url !== undefined);
      this.url = String(up?.url ?? '');
      return up !== undefined || this.child.exitCode !== null;
    }, STARTS);
    if (this.url === '') throw new Error(`${this.service} ended: ${this.text}`);
    return this;
  }

  /** What it has logged, a JSON object a line. */
  get logged(): Record<string, unknown>[] {
    return this.lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  get text(): string {
    return this.lines.join('\n');
  }

  /** Error lines: a test of what is expected to go well has none. */
  get errors(): Record<string, unknown>[] {
    return this.logged.filter(({ level }) => level === 'error' || level === 'fatal');
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }

  /** As an orchestrator does; resolves with its exit code. */
  async stop(): Promise<number | null> {
    this.child.kill('SIGTERM');
    return this.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill('SIGKILL');
    await this.ended;
  }
}

export interface DeploymentParts {
  brokers: readonly string[];
  mongoUri: string;
  /** Of the list of jobs. */
  database: string;
  redisUri?: string;
  /** Of Node itself, for the services' processes. */
  nodeOptions?: readonly string[];
  /** Short where absent, as tests want it; undefined: as by default. */
  sessionTimeoutMs?: number | undefined;
  /** What job files name, and settings. */
  env: Record<string, string>;
}

/** Replicas of the services on one list of jobs. */
export class Deployment implements AsyncDisposable {
  readonly replicas: Replica[] = [];

  private constructor(
    private readonly parts: DeploymentParts,
    private readonly store: Store,
    readonly jobs: JobRegistry,
  ) {}

  static async of(parts: DeploymentParts): Promise<Deployment> {
    const names = { stateDatabase: parts.database, targetDatabase: parts.database, appName: 'test registry' };
    const store = await openMongoStore({ uri: parts.mongoUri, ...names });
    return new Deployment(parts, store, new JobRegistry(store, () => new Date()));
  }

  get env(): Record<string, string> {
    const { brokers, mongoUri, database, redisUri, env } = this.parts;
    return {
      MILLRACE_STATE_URI: mongoUri,
      MILLRACE_STATE_DATABASE: database,
      MILLRACE_KAFKA_BROKERS: brokers.join(','),
      MILLRACE_KAFKA_REPLICATION_FACTOR: '1',
      MILLRACE_KAFKA_MIN_IN_SYNC_REPLICAS: '1',
      ...(!('sessionTimeoutMs' in this.parts) && { MILLRACE_KAFKA_SESSION_TIMEOUT_MS: '3000' }),
      ...(redisUri !== undefined && { MILLRACE_REDIS_URI: redisUri }),
      ...env,
    };
  }

  async start(service: ServiceName, replicas = 1, more: Record<string, string> = {}): Promise<Replica[]> {
    const { nodeOptions = [] } = this.parts;
    const started = Array.from({ length: replicas }, () =>
      Replica.spawn(service, { ...this.env, ...more }, ['node', ...nodeOptions, `dist/apps/${service}/main.js`]),
    );
    this.replicas.push(...started);
    return Promise.all(started.map((replica) => replica.up()));
  }

  of(service: ServiceName): Replica[] {
    return this.replicas.filter(({ service: name, child }) => name === service && child.exitCode === null);
  }

  async run(name: string, text: string): Promise<RegisteredJob> {
    await this.jobs.create(name, { text, fileName: `${name}.yaml` }, 'test');
    return this.jobs.run(name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.replicas.map((replica) => replica[Symbol.asyncDispose]()));
    await this.store.close();
  }
}
