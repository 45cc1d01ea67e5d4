import './root.mjs';
import { ensureBuilt } from './build.mjs';
import { ensureInstalled } from './install.mjs';
import { main, runNode } from './run.mjs';

await main(async () => {
  await ensureInstalled();
  await ensureBuilt();
  return runNode(['--enable-source-maps', 'dist/test/simulation/mutants/main.js', ...process.argv.slice(2)]);
});
