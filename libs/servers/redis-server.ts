import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { startOnAnyPort } from './on-any-port.js';
import { type RedisBinary, redisBinary } from './redis-binaries.js';
import { answersPing } from './redis-readiness.js';
import { makeRunFolder, type RunFolder } from './run-folder.js';
import { RunningServer } from './running-server.js';
import { type Ownership, ownerOf, type Server } from './server.js';
import { ServerProcess } from './server-process.js';

export interface RedisOptions extends Ownership {
  /** Demanded of clients; none where absent. It is in the `uri`. */
  password?: string;
  /** Kept when the server stops, used again when one starts on it. Where absent, the data are in memory alone: a restart loses them. */
  dataDir?: string;
  /** Further arguments of `redis-server`. */
  args?: string[];
}

/** Starts Redis on the loopback interface, never forgetting a key for want of memory, and waits until it answers. */
export async function startRedis(options: RedisOptions = {}): Promise<Server> {
  const binary = await redisBinary();
  const runFolder = await makeRunFolder('redis', ownerOf(options), stopSignalOf(options));
  try {
    const dataDir = options.dataDir ? resolve(options.dataDir) : join(runFolder.path, 'data');
    await mkdir(dataDir, { recursive: true });
    return await startOnAnyPort((port) => new RedisServer(binary, options, runFolder, dataDir, port));
  } catch (error) {
    await runFolder.remove();
    throw error;
  }
}

/** At once where the data are dropped anyway, in order where they are kept. */
const stopSignalOf = (options: RedisOptions): NodeJS.Signals => (options.dataDir ? 'SIGTERM' : 'SIGKILL');

class RedisServer extends RunningServer {
  readonly version: string;
  readonly uri: string;
  protected readonly process: ServerProcess;

  constructor(
    binary: RedisBinary,
    private readonly options: RedisOptions,
    private readonly runFolder: RunFolder,
    readonly dataDir: string,
    readonly port: number,
  ) {
    super();
    this.version = binary.version;
    const login = options.password === undefined ? '' : `:${encodeURIComponent(options.password)}@`;
    this.uri = `redis://${login}127.0.0.1:${port}`;
    const programme = {
      name: `Redis ${binary.version}`,
      program: binary.program,
      args: () => [this.configFile, ...(options.args ?? [])],
      isReady: () => answersPing(port, options.password),
      stopSignal: stopSignalOf(options),
      restartSignal: 'SIGTERM',
      env: binary.env,
    } as const;
    this.process = new ServerProcess(programme, runFolder);
  }

  /** The password is not among the arguments, which every user of the system can read. */
  override async start(): Promise<void> {
    const { password, dataDir } = this.options;
    const lines = ['bind 127.0.0.1', `port ${this.port}`, `dir ${JSON.stringify(this.dataDir)}`];
    lines.push('maxmemory-policy noeviction', 'loglevel warning', 'save ""', `appendonly ${dataDir ? 'yes' : 'no'}`);
    if (password !== undefined) lines.push(`requirepass ${JSON.stringify(password)}`);
    await writeFile(this.configFile, `${lines.join('\n')}\n`, { mode: 0o600 });
    await super.start();
  }

  private get configFile(): string {
    return join(this.runFolder.path, 'redis.conf');
  }
}
