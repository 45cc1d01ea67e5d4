import './root.mjs';
import { ensureBuilt } from './build.mjs';
import { ensureInstalled } from './install.mjs';
import { runNode } from './run.mjs';

await ensureInstalled();
await ensureBuilt();
process.exitCode = await runNode(['--enable-source-maps', 'dist/test/bench/main.js', ...process.argv.slice(2)]);
