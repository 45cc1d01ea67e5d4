import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { Checkout } from './checkout.js';
import { MUTANTS } from './list.js';
import type { Mutant } from './mutant.js';
import { type Death, type Judged, mutantsPage, survives, UNSEEN } from './page.js';

/**
 * `npm run mutants`: takes one mechanism after the other away, and puts one defect after the other in; demands that the simulator
 * notices, or a test does. One that survives is a hole in them.
 */

interface Options {
  only?: string[];
  seeds: string;
  table?: string;
}

const ROOT = resolve('.');
const SUITE_FAILED = 'Test suite failed to run';
const say = (text: string): void => void process.stdout.write(`${text}\n`);

const command = new Command('mutants')
  .description('takes the mechanisms of the engine away, one by one, and demands that the simulator fails')
  .option('--only <names...>', 'these alone')
  .option('--seeds <n>', 'so many seeds for each', wholeNumber, '2000')
  .option('--table <file>', 'writes what killed each as a table of Markdown')
  .parse();
const { only, seeds, table } = command.opts<Options>();
const unknown = only?.filter((name) => !MUTANTS.some((mutant) => mutant.name === name)) ?? [];
if (unknown.length > 0)
  command.error(`error: there is no mutant ${unknown.join(', ')}; docs/73-mutants.md has their names`);

process.exitCode = await main(only === undefined ? MUTANTS : MUTANTS.filter(({ name }) => only.includes(name)));

async function main(mutants: readonly Mutant[]): Promise<number> {
  const control = await alive(mutants);
  if (control !== undefined) {
    say(`what is not mutated fails, so that nothing can be told of what is: ${control}`);
    return 1;
  }
  const deaths: Judged[] = [];
  for (const mutant of mutants) {
    const { killedBy, why = '' } = (await tested(mutant)) ?? (await simulated(mutant)) ?? {};
    say(`${killedBy ? 'killed  ' : 'SURVIVED'}  ${mutant.name.padEnd(40)} ${killedBy ?? ''}  ${why}`);
    const verify = await verified(mutant);
    if (verify !== undefined) say(`  verify: ${verify}`);
    deaths.push({ mutant, killedBy, verify });
    if (table !== undefined) await writeFile(table, mutantsPage(deaths, seeds));
  }
  const survivors = deaths.filter(survives).map(({ mutant }) => mutant.name);
  say(
    `${deaths.length - survivors.length} of ${deaths.length} killed${survivors.length > 0 ? `; survived: ${survivors.join(', ')}` : ''}`,
  );
  return survivors.length === 0 ? 0 : 1;
}

/** What fails of the code as it is, by the same seeds and tests. */
async function alive(mutants: readonly Mutant[]): Promise<string | undefined> {
  const tests = [...new Set(mutants.flatMap((mutant) => mutant.tests ?? []))];
  await using built = await Checkout.of(ROOT, 'built');
  await using whole = await Checkout.of(ROOT, 'whole');
  const found = (await judgedBySeeds(built.folder)) ?? (await judgedByTests(whole.folder, tests));
  return found && `${found.killedBy}: ${found.why}`;
}

/** What verify, which must find it, is worth. */
async function verified(mutant: Mutant): Promise<string | undefined> {
  if (mutant.verify !== 'finds') return mutant.verify;
  return (await simulated(mutant, ['--verify']))?.killedBy ?? UNSEEN;
}

async function simulated(mutant: Mutant, further: readonly string[] = []): Promise<Death | undefined> {
  await using checkout = await Checkout.of(ROOT, 'built');
  await checkout.mutateBuilt(mutant);
  return await judgedBySeeds(checkout.folder, further);
}

async function judgedBySeeds(folder: string, further: readonly string[] = []): Promise<Death | undefined> {
  const args = ['dist/test/simulation/main.js', '--seeds', seeds, '--from', '1', '--brief', ...further];
  const { output } = await run(folder, args);
  const [, seed, said = ''] = /^seed (\d+) fails.*\n(.*(?:\n.*){0,8})/m.exec(output) ?? [];
  // An edit that does not even run takes no mechanism away.
  if (/a service failed: (Reference|Syntax)Error/.test(said))
    throw new Error(`the mutant in ${folder} is no code:\n${said}`);
  if (seed !== undefined) return { killedBy: `seed ${seed}`, why: inShort(said) };
  // Not only what the checks find: a process that does not even begin is no proof.
  if (!/ seeds, .*: all laws held$/m.test(output)) throw new Error(`the simulation in ${folder} broke:\n${output}`);
  return undefined;
}

async function tested(mutant: Mutant): Promise<Death | undefined> {
  if (mutant.tests === undefined) return undefined;
  await using checkout = await Checkout.of(ROOT, 'whole');
  await checkout.mutate(mutant);
  await checkout.mutateBuilt(mutant);
  return await judgedByTests(checkout.folder, mutant.tests);
}

async function judgedByTests(folder: string, tests: readonly string[]): Promise<Death | undefined> {
  if (tests.length === 0) return undefined;
  const jest = ['--experimental-vm-modules', 'node_modules/jest/bin/jest.js', '--forceExit', ...tests];
  const { output, code } = await run(folder, jest);
  // A suite that cannot even be run is no proof.
  const failed = [...output.matchAll(/^ {2}● (.*)$/gm)]
    .map(([, title = '']) => title)
    .find((title) => title !== SUITE_FAILED);
  return code !== 0 && failed !== undefined ? { killedBy: tests.join(', '), why: failed } : undefined;
}

function run(folder: string, args: readonly string[]): Promise<{ output: string; code: number | null }> {
  return new Promise((done, failed) => {
    const child = spawn(process.execPath, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
    child.once('error', failed);
    child.once('close', (code) => done({ output, code }));
  });
}

function wholeNumber(text: string): string {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError('It must be a whole number of at least 1.');
  return text;
}

/** What failed, without where in the code. */
function inShort(text: string): string {
  const lines = text.split('\n').filter((line) => !line.startsWith('    at '));
  return lines.slice(0, 2).join(' ').slice(0, 110);
}
