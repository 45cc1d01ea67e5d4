import { rm, stat, utimes, writeFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import './root.mjs';
import { ensureInstalled } from './install.mjs';
import { main, packageProgram, runNode, say } from './run.mjs';
import { glob } from './source-files.mjs';

const BUILT = 'dist/.built';
const CONFIGURATION = ['tsconfig.json', 'tsconfig.build.json', 'package-lock.json'];

/** Compiles everything but the specs into dist/, and removes what has no source any more. */
export async function build() {
  const started = new Date();
  const code = await runNode([packageProgram('typescript/bin/tsc'), '-p', 'tsconfig.build.json']);
  if (code !== 0) return code;
  await removeOrphans();
  await writeFile(BUILT, '');
  await utimes(BUILT, started, started);
  return 0;
}

export async function ensureBuilt() {
  if (await isBuilt()) return;
  say('building');
  const code = await build();
  if (code !== 0) throw new Error(`the build failed with exit code ${code}`);
}

async function isBuilt() {
  const built = await stat(BUILT).catch(() => undefined);
  if (!built) return false;
  const sources = [...CONFIGURATION, ...(await glob(['apps', 'libs', 'test'], /(?<!\.spec)\.ts$/))];
  const times = await Promise.all(sources.map(async (path) => (await stat(path)).mtimeMs));
  return times.every((time) => time <= built.mtimeMs);
}

async function removeOrphans() {
  const sources = new Set((await glob(['apps', 'libs', 'test'], /\.ts$/)).map((path) => path.replace(/\.ts$/, '')));
  for (const path of await glob(['dist'], /\.js(\.map)?$/)) {
    if (!sources.has(path.replace(/^dist\//, '').replace(/\.js(\.map)?$/, ''))) await rm(path);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await main(async () => {
    await ensureInstalled();
    return build();
  });
}
