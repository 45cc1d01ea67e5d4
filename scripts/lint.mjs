import './root.mjs';
import { dependencyLaw } from './lint/dependency-law.mjs';
import { sourceChecks } from './lint/source-checks.mjs';
import { packageProgram, runNode, say } from './run.mjs';

const colors = process.stdout.isTTY ? [] : ['--colors=off'];
const biome = (args) => runNode([packageProgram('@biomejs/biome/bin/biome'), ...args, ...colors, '.']);

const linted = await biome(['lint', '--max-diagnostics=100']);
const formatted = await biome(['format', '--reporter=summary']);
if (formatted !== 0) say('Format them with: npm run format');
const broken = [...(await dependencyLaw()), ...(await sourceChecks())];
for (const line of broken) say(line);
if (broken.length > 0) say(`${broken.length} place(s) break the project's own rules`);
process.exitCode = linted !== 0 || formatted !== 0 || broken.length > 0 ? 1 : 0;
