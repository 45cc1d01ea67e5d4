import { chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Owner } from './server.js';
import type { Identity } from './unprivileged.js';
import { startWatchdog } from './watchdog.js';

/** For one server's socket, log and, where the caller gives none, data: gone when the server or its owner has ended. */
export interface RunFolder {
  path: string;
  remove(): Promise<void>;
}

export async function makeRunFolder(
  name: string,
  owner: Owner,
  stopSignal: NodeJS.Signals,
  identity?: Identity,
): Promise<RunFolder> {
  const path = await mkdtemp(join(tmpdir(), `millrace-${name}-`));
  const watchdog = startWatchdog(owner, path, stopSignal);
  if (identity) await chown(path, identity.uid, identity.gid);
  return {
    path,
    remove: async () => {
      watchdog.kill('SIGTERM');
      await rm(path, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
