import { spawn } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { transform } from '@swc/core';
import { Command } from 'commander';
import { MUTANTS, type Mutant } from './list.js';

/**
 * `npm run mutants`: takes one mechanism after the other away and demands that the simulator notices. One that survives is a hole
 * in the simulator.
 */

interface Options {
  only?: string[];
  seeds: string;
}

const say = (text: string): void => void process.stdout.write(`${text}\n`);

const { only, seeds } = new Command('mutants')
  .description('takes the mechanisms of the engine away, one by one, and demands that the simulator fails')
  .option('--only <names...>', 'these alone')
  .option('--seeds <n>', 'so many seeds for each', '2000')
  .parse()
  .opts<Options>();

process.exitCode = await main(only === undefined ? MUTANTS : MUTANTS.filter(({ name }) => only.includes(name)));

async function main(mutants: readonly Mutant[]): Promise<number> {
  const root = resolve('.');
  const survivors: string[] = [];
  for (const mutant of mutants) {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-mutant-'));
    try {
      await copy(root, folder);
      await mutate(root, folder, mutant);
      const output = await simulate(folder, Number(seeds));
      const how = /^(\d+) seeds, /m.exec(output)?.[1];
      const isKilled = / failed$/m.test(output);
      if (!isKilled) survivors.push(mutant.name);
      say(
        `${isKilled ? 'killed  ' : 'SURVIVED'}  ${mutant.name.padEnd(36)} ${how ?? '?'} seeds  ${isKilled ? why(output) : ''}`,
      );
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
  say(
    `${mutants.length - survivors.length} of ${mutants.length} killed${survivors.length > 0 ? `; survived: ${survivors.join(', ')}` : ''}`,
  );
  return survivors.length === 0 ? 0 : 1;
}

async function copy(root: string, folder: string): Promise<void> {
  await cp(join(root, 'dist'), join(folder, 'dist'), { recursive: true });
  await cp(join(root, 'package.json'), join(folder, 'package.json'));
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
}

async function mutate(root: string, folder: string, { name, file, find, replace }: Mutant): Promise<void> {
  const source = await readFile(join(root, file), 'utf8');
  if (source.split(find).length !== 2) throw new Error(`mutant ${name}: ${file} does not have it once: ${find}`);
  const { code } = await transform(
    source.replace(find, () => replace),
    {
      filename: file,
      jsc: { target: 'es2023', parser: { syntax: 'typescript', decorators: true } },
      module: { type: 'es6' },
    },
  );
  await writeFile(join(folder, 'dist', file.replace(/\.ts$/, '.js')), code);
}

function simulate(folder: string, count: number): Promise<string> {
  return new Promise((done, failed) => {
    const args = ['dist/test/simulation/main.js', '--seeds', String(count), '--from', '1', '--brief'];
    const child = spawn(process.execPath, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
    child.once('error', failed);
    child.once('close', () => done(output));
  });
}

/** The first line of what failed. */
function why(output: string): string {
  const [, line = ''] = /^seed \d+ fails.*\n(.*)$/m.exec(output) ?? [];
  return line.slice(0, 100);
}
