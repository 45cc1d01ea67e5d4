import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from './root.mjs';
import { run, say } from './run.mjs';

/** Installs the dependencies where they are missing or are not those of package-lock.json. */
export async function ensureInstalled() {
  const stale = await staleReason();
  if (!stale) return;
  say(`npm ci (${stale})`);
  const npm = process.env.npm_execpath ? [process.execPath, process.env.npm_execpath] : ['npm'];
  const [program, ...args] = [...npm, 'ci', '--no-audit', '--no-fund'];
  const code = await run(program, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (code !== 0) throw new Error(`npm ci failed with exit code ${code}`);
}

async function staleReason() {
  const wanted = JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8')).packages;
  const hidden = await readFile(join(ROOT, 'node_modules', '.package-lock.json'), 'utf8').catch(() => undefined);
  if (hidden === undefined) return 'nothing is installed';
  const installed = JSON.parse(hidden).packages;
  for (const [path, { version, optional }] of Object.entries(wanted)) {
    if (path === '' || installed[path]?.version === version) continue;
    if (installed[path] || !optional) return `${path.replace(/^.*node_modules\//, '')} is not at ${version}`;
  }
  return undefined;
}
