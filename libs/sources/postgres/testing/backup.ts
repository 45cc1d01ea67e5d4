import { execFile } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Of a server of the test's own. */
interface OwnServer {
  readonly dataDir: string;
  kill(): Promise<void>;
  restart(): Promise<void>;
}

/** A copy of all that a server has, made while it is stopped; it goes with the server's own folder. */
export class Backup {
  private constructor(
    private readonly server: OwnServer,
    private readonly folder: string,
  ) {}

  static async of(server: OwnServer): Promise<Backup> {
    const folder = `${server.dataDir}.backup`;
    await server.kill();
    await copy(server.dataDir, folder);
    await server.restart();
    return new Backup(server, folder);
  }

  /** In place of what the server has now. It waits to be promoted, which begins another history. */
  async restore(): Promise<void> {
    const { dataDir } = this.server;
    await this.server.kill();
    await rm(dataDir, { recursive: true });
    await copy(this.folder, dataDir);
    await writeFile(join(dataDir, 'standby.signal'), '');
    await this.server.restart();
  }
}

/** With owners and modes: PostgreSQL starts on no others. */
async function copy(from: string, to: string): Promise<void> {
  await promisify(execFile)('cp', ['-a', from, to]);
}
