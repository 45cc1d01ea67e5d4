import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { output } from './cache.js';

/** The user that PostgreSQL runs as where the present one is root, which it refuses. */
export interface Identity {
  uid: number;
  gid: number;
}

/** `undefined` where the present user will do. */
export async function unprivileged(): Promise<Identity | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  for (const user of ['postgres', 'nobody']) {
    const [uid, gid] = await Promise.all([idOf('-u', user), idOf('-g', user)]);
    if (uid !== undefined && gid !== undefined) return { uid, gid };
  }
  return undefined;
}

async function idOf(option: string, user: string): Promise<number | undefined> {
  const id = await output('id', [option, user]).catch(() => '');
  return /^\d+$/.test(id.trim()) ? Number(id) : undefined;
}

/** Whether every folder above `path` lets other users through: root's own home, for one, does not. */
export async function isReachableByOthers(path: string): Promise<boolean> {
  for (let folder = path; ; folder = dirname(folder)) {
    const mode = await stat(folder).then(
      (found) => found.mode,
      () => 0o001,
    );
    if ((mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}
