import { execFile } from 'node:child_process';
import { chown, mkdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { MillraceError } from '#errors';
import { type PostgresBinaries, postgresBinaries } from './postgres-binaries.js';
import { startOnAnyPort } from './on-any-port.js';
import { makeRunFolder, type RunFolder } from './run-folder.js';
import { RunningServer } from './running-server.js';
import { type Ownership, ownerOf, type Server } from './server.js';
import { ServerProcess } from './server-process.js';
import { serverErrors } from './servers.codes.js';
import { type Identity, unprivileged } from './unprivileged.js';

export interface PostgresOptions extends Ownership {
  /** The major version, such as '15'; the newest that is installed where absent. */
  version?: string;
  /** Kept when the server stops, used again when one starts on it; a folder of its own, dropped at the end, where absent. */
  dataDir?: string;
  /** Over the defaults, which allow logical replication and do not wait for the disk (`fsync` off). */
  settings?: Record<string, string | number | boolean>;
}

const DEFAULTS: Record<string, string | number | boolean> = {
  wal_level: 'logical',
  max_wal_senders: 40,
  max_replication_slots: 40,
  max_connections: 200,
  shared_buffers: '64MB',
  fsync: 'off',
  full_page_writes: 'off',
  max_wal_size: '2GB',
  log_min_messages: 'warning',
};

/** Starts PostgreSQL on the loopback interface, with the superuser `postgres` and no password. */
export async function startPostgres(options: PostgresOptions = {}): Promise<Server> {
  const [binaries, identity] = await Promise.all([postgresBinaries(options.version), unprivileged()]);
  if (!identity && process.getuid?.() === 0) throw nobodyToRunAs();
  const runFolder = await makeRunFolder('postgres', ownerOf(options), stopSignalOf(options), identity);
  try {
    const dataDir = options.dataDir ? resolve(options.dataDir) : join(runFolder.path, 'data');
    await initialise(binaries, dataDir, runFolder.path, identity);
    const place = { dataDir, runFolder, identity };
    return await startOnAnyPort((port) => new PostgresServer(binaries, options, place, port));
  } catch (error) {
    await runFolder.remove();
    throw error;
  }
}

/** At once where the data are dropped anyway, in order where they are kept. */
const stopSignalOf = (options: PostgresOptions): NodeJS.Signals => (options.dataDir ? 'SIGINT' : 'SIGQUIT');

interface Place {
  dataDir: string;
  runFolder: RunFolder;
  identity: Identity | undefined;
}

function nobodyToRunAs(): MillraceError {
  return new MillraceError(
    serverErrors.SERVER_UNAVAILABLE,
    'PostgreSQL refuses to run as root, and there is neither a user "postgres" nor a user "nobody" to run it as. Run as ' +
      'another user, or make one: useradd --system postgres.',
  );
}

/** Makes the database cluster, where there is none yet. */
async function initialise(binaries: PostgresBinaries, dataDir: string, runFolder: string, identity?: Identity) {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  if (identity) await chown(dataDir, identity.uid, identity.gid);
  if (await stat(join(dataDir, 'PG_VERSION')).catch(() => undefined)) return;
  const args = ['-D', dataDir, '-U', 'postgres', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync'];
  const env = { ...process.env, HOME: runFolder, LC_ALL: 'C' };
  try {
    await promisify(execFile)(join(binaries.bin, 'initdb'), args, { ...identity, cwd: runFolder, env });
  } catch (cause) {
    const said = String((cause as { stderr?: unknown }).stderr ?? cause).trim();
    throw new MillraceError(serverErrors.SERVER_FAILED, `initdb of PostgreSQL ${binaries.version} failed: ${said}`, {
      cause,
    });
  }
}

class PostgresServer extends RunningServer {
  readonly version: string;
  readonly dataDir: string;
  protected readonly process: ServerProcess;

  constructor(
    binaries: PostgresBinaries,
    options: PostgresOptions,
    private readonly place: Place,
    readonly port: number,
  ) {
    super();
    this.version = binaries.version;
    this.dataDir = place.dataDir;
    const programme = {
      name: `PostgreSQL ${binaries.version}`,
      program: join(binaries.bin, 'postgres'),
      args: () => this.args(options.settings ?? {}),
      isReady: () => this.isReady(),
      stopSignal: stopSignalOf(options),
      restartSignal: 'SIGINT',
      identity: place.identity,
    } as const;
    this.process = new ServerProcess(programme, place.runFolder);
  }

  get uri(): string {
    return `postgresql://postgres@127.0.0.1:${this.port}/postgres`;
  }

  private args(settings: Record<string, string | number | boolean>): string[] {
    const own = { listen_addresses: '127.0.0.1', port: this.port, unix_socket_directories: this.place.runFolder.path };
    const all = Object.entries({ ...DEFAULTS, ...settings, ...own });
    return ['-D', this.dataDir, ...all.flatMap(([name, value]) => ['-c', `${name}=${onOff(value)}`])];
  }

  /** The server writes its state into the eighth line of its pid file; the first one tells whether it is this server's. */
  private async isReady(): Promise<boolean> {
    const lines = (await readFile(join(this.dataDir, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
    return Number(lines[0]) === this.pid && lines[7]?.trim() === 'ready';
  }
}

const onOff = (value: string | number | boolean): string =>
  typeof value === 'boolean' ? (value ? 'on' : 'off') : String(value);
