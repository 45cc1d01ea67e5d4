import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** The files below these folders whose names fit, in order, with `/` in their paths. */
export async function glob(folders, name) {
  const found = [];
  for (const folder of folders) {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      if (entry.isFile() && name.test(entry.name)) found.push(join(entry.parentPath, entry.name).replaceAll('\\', '/'));
    }
  }
  return found.sort();
}
