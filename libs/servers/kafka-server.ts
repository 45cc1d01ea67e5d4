import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { MillraceError } from '#errors';
import { freePort } from './free-port.js';
import { type KafkaBinaries, kafkaBinaries } from './kafka-binaries.js';
import { hasKafkaBroker } from './kafka-readiness.js';
import { asProperties, type KafkaSecurity, kafkaSettings, scramCredentials } from './kafka-settings.js';
import { startOnAnyPort } from './on-any-port.js';
import { makeRunFolder, type RunFolder } from './run-folder.js';
import { RunningServer } from './running-server.js';
import { type Ownership, ownerOf, type Server } from './server.js';
import { ServerProcess } from './server-process.js';
import { serverErrors } from './servers.codes.js';

export interface KafkaOptions extends Ownership, KafkaSecurity {
  /** Kept when the server stops, used again when one starts on it; a folder of its own, dropped at the end, where absent. */
  dataDir?: string;
  /** Properties of the server over the defaults, which create no topics unasked and keep groups from waiting. */
  settings?: Record<string, string>;
  /** 384 where absent. */
  heapMb?: number;
}

const LOGGING = `rootLogger.level = error
rootLogger.appenderRef.out.ref = out
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %p %c: %m%n
`;

/** Java finds no folder whose name is beyond the locale's letters. */
const ENVIRONMENT = { LC_ALL: 'C.UTF-8' };

/** Starts Kafka, one node that is broker and controller, on the loopback interface, and waits until it serves clients. */
export async function startKafka(options: KafkaOptions = {}): Promise<Server> {
  const binaries = await kafkaBinaries();
  const runFolder = await makeRunFolder('kafka', ownerOf(options), stopSignalOf(options));
  try {
    const dataDir = options.dataDir ? resolve(options.dataDir) : join(runFolder.path, 'data');
    await mkdir(dataDir, { recursive: true });
    await writeFile(join(runFolder.path, 'log4j2.properties'), LOGGING);
    return await startOnAnyPort((port) => new KafkaServer(binaries, options, runFolder, dataDir, port));
  } catch (error) {
    await runFolder.remove();
    throw error;
  }
}

/** At once where the data are dropped anyway, in order where they are kept. */
const stopSignalOf = (options: KafkaOptions): NodeJS.Signals => (options.dataDir ? 'SIGTERM' : 'SIGKILL');

class KafkaServer extends RunningServer {
  readonly version: string;
  readonly uri: string;
  protected readonly process: ServerProcess;
  private innerPort = 0;

  constructor(
    private readonly binaries: KafkaBinaries,
    private readonly options: KafkaOptions,
    private readonly runFolder: RunFolder,
    readonly dataDir: string,
    readonly port: number,
  ) {
    super();
    this.version = binaries.version;
    this.uri = `127.0.0.1:${port}`;
    const programme = {
      name: `Kafka ${binaries.version}`,
      program: binaries.java,
      args: () => [...this.java(), 'kafka.Kafka', this.propertiesFile],
      isReady: () => hasKafkaBroker(this.innerPort),
      stopSignal: stopSignalOf(options),
      restartSignal: 'SIGTERM',
      env: ENVIRONMENT,
    } as const;
    this.process = new ServerProcess(programme, runFolder);
  }

  override async start(): Promise<void> {
    await this.configure();
    if (!existsSync(join(this.dataDir, 'meta.properties'))) await this.format();
    await super.start();
  }

  private get propertiesFile(): string {
    return join(this.runFolder.path, 'server.properties');
  }

  /** Clients know nothing of the two inner ports: they are others at each start. */
  private async configure(): Promise<void> {
    const ports = new Set([this.port]);
    while (ports.size < 3) ports.add(await freePort());
    const [client = 0, inner = 0, controller = 0] = ports;
    this.innerPort = inner;
    const settings = kafkaSettings({ client, inner, controller }, this.dataDir, this.options, this.options.settings);
    await writeFile(this.propertiesFile, asProperties(settings), { mode: 0o600 });
  }

  /** Compiles little and quickly, and leaves no file outside of the run folder, however the process ends. */
  private java(): string[] {
    const folder = this.runFolder.path;
    const memory = [`-Xmx${this.options.heapMb ?? 384}m`, '-XX:+UseSerialGC', '-XX:+ExitOnOutOfMemoryError'];
    const files = ['-XX:-UsePerfData', `-Djava.io.tmpdir=${folder}`];
    const logging = [`-Dlog4j2.configurationFile=${join(folder, 'log4j2.properties')}`];
    return [...memory, '-XX:TieredStopAtLevel=1', ...files, ...logging, '-cp', this.binaries.classPath];
  }

  private async format(): Promise<void> {
    const clusterId = randomBytes(16).toString('base64url').replace(/^-/, 'A');
    const format = ['format', '--cluster-id', clusterId, '--config', this.propertiesFile];
    const args = [...this.java(), 'kafka.tools.StorageTool', ...format, ...scramCredentials(this.options)];
    try {
      await promisify(execFile)(this.binaries.java, args, {
        cwd: this.runFolder.path,
        env: { ...process.env, ...ENVIRONMENT },
      });
    } catch (cause) {
      const { stdout, stderr } = cause as { stdout?: unknown; stderr?: unknown };
      const said = `${stdout ?? ''}${stderr ?? ''}`.trim();
      throw new MillraceError(
        serverErrors.SERVER_FAILED,
        `The storage of Kafka ${this.version} could not be formatted: ${said}`,
        { cause },
      );
    }
  }
}
