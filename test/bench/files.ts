import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's root, from the sources as from the build. */
export const ROOT = rootAbove(dirname(fileURLToPath(import.meta.url)));

/** SQL and job files stay where they are: the build has programs only. */
export const benchFile = (name: string): string => join(ROOT, 'test', 'bench', name);

function rootAbove(folder: string): string {
  return existsSync(join(folder, 'package.json')) ? folder : rootAbove(dirname(folder));
}
