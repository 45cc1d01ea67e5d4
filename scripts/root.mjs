import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's root; every script works from there, wherever it is called. */
export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
process.chdir(ROOT);
