import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { MongoClient, MongoServerError } from 'mongodb';
import { type MongoBinary, mongoBinary } from './mongo-binaries.js';
import { startOnAnyPort } from './on-any-port.js';
import { makeRunFolder, type RunFolder } from './run-folder.js';
import { RunningServer } from './running-server.js';
import { type Ownership, ownerOf, type Server } from './server.js';
import { ServerProcess } from './server-process.js';

export interface MongoOptions extends Ownership {
  /** Kept when the server stops, used again when one starts on it; a folder of its own, dropped at the end, where absent. */
  dataDir?: string;
  /** A replica set of one member, which transactions need (true where absent), or a member that waits to be taken into one. */
  replicaSet?: boolean | 'joining';
  /** The cache of the storage engine: a quarter of a gigabyte where absent, or as large as the server itself makes it. */
  cacheSizeGb?: number | 'default';
  /** Further arguments of `mongod`. */
  args?: string[];
}

const REPLICA_SET = 'rs0';
const CODE_NO_REPLICATION_YET = 94;

/** Starts MongoDB on the loopback interface, without authentication, and waits until it accepts writes. */
export async function startMongo(options: MongoOptions = {}): Promise<Server> {
  const binary = await mongoBinary();
  const runFolder = await makeRunFolder('mongodb', ownerOf(options), stopSignalOf(options));
  try {
    const dataDir = options.dataDir ? resolve(options.dataDir) : join(runFolder.path, 'data');
    await mkdir(dataDir, { recursive: true });
    return await startOnAnyPort((port) => new MongodServer(binary, options, runFolder, dataDir, port));
  } catch (error) {
    await runFolder.remove();
    throw error;
  }
}

/** At once where the data are dropped anyway, in order where they are kept. */
const stopSignalOf = (options: MongoOptions): NodeJS.Signals => (options.dataDir ? 'SIGTERM' : 'SIGKILL');

class MongodServer extends RunningServer {
  readonly version: string;
  readonly uri: string;
  private readonly isReplicaSet: boolean;
  private readonly isJoining: boolean;
  protected readonly process: ServerProcess;

  constructor(
    binary: MongoBinary,
    private readonly options: MongoOptions,
    runFolder: RunFolder,
    readonly dataDir: string,
    readonly port: number,
  ) {
    super();
    this.version = binary.version;
    this.isReplicaSet = options.replicaSet !== false;
    this.isJoining = options.replicaSet === 'joining';
    this.uri = `mongodb://127.0.0.1:${port}/?${this.isReplicaSet ? `replicaSet=${REPLICA_SET}` : 'directConnection=true'}`;
    const programme = {
      name: `MongoDB ${binary.version}`,
      program: binary.program,
      args: () => this.args(),
      isReady: () => this.isReady(),
      stopSignal: stopSignalOf(options),
      restartSignal: 'SIGTERM',
    } as const;
    this.process = new ServerProcess(programme, runFolder);
  }

  private args(): string[] {
    const network = ['--bind_ip', '127.0.0.1', '--port', String(this.port), '--nounixsocket'];
    const { cacheSizeGb = 0.25 } = this.options;
    const cache = cacheSizeGb === 'default' ? [] : ['--wiredTigerCacheSizeGB', String(cacheSizeGb)];
    const storage = ['--dbpath', this.dataDir, ...cache];
    const replication = this.isReplicaSet ? ['--replSet', REPLICA_SET] : [];
    const quiet = ['--quiet', '--setParameter', 'diagnosticDataCollectionEnabled=false'];
    return [...network, ...storage, ...replication, ...quiet, ...(this.options.args ?? [])];
  }

  private async isReady(): Promise<boolean> {
    const settings = { directConnection: true, serverSelectionTimeoutMS: 500, connectTimeoutMS: 500 };
    const client = new MongoClient(`mongodb://127.0.0.1:${this.port}`, settings);
    try {
      const hello = await client.db('admin').command({ hello: 1 });
      if (this.isJoining) return true;
      if (this.isReplicaSet && hello['me'] !== this.host) await this.claimReplicaSet(client);
      return hello['isWritablePrimary'] === true && (!this.isReplicaSet || hello['me'] === this.host);
    } catch {
      return false;
    } finally {
      await client.close();
    }
  }

  private get host(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Makes the replica set on a new data folder; on a used one, made on another port, moves its one member here. */
  private async claimReplicaSet(client: MongoClient): Promise<void> {
    const admin = client.db('admin');
    const members = [{ _id: 0, host: this.host }];
    try {
      const { config } = await admin.command({ replSetGetConfig: 1 });
      if (config.members[0].host === this.host) return;
      await admin.command({ replSetReconfig: { ...config, version: config.version + 1, members }, force: true });
    } catch (error) {
      if (!(error instanceof MongoServerError) || error.code !== CODE_NO_REPLICATION_YET) throw error;
      await admin.command({ replSetInitiate: { _id: REPLICA_SET, members } });
    }
  }
}
