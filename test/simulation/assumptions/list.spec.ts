import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { RealTest } from './assumption.js';
import { ASSUMPTIONS } from './list.js';

/** Run by the kit that is run. */
const PARTS_OF_KITS = ['reads', 'topics'];
const ROOT = join(import.meta.dirname, '../../..');
const ALL = ASSUMPTIONS.flatMap(({ name, assumptions }) =>
  assumptions.map((assumption) => ({ server: name, ...assumption })),
);
const textOf = (file: string) => readFile(join(ROOT, file), 'utf8').catch(() => undefined);

/** Of the test; undefined where it is there. */
async function problemOf({ file, title, runBy }: RealTest): Promise<string | undefined> {
  const text = await textOf(file);
  if (text === undefined) return `${file} is not there`;
  if (!["'", '"', '`'].some((quote) => text.includes(`${quote}${title}${quote}`))) return `${file} has no “${title}”`;
  if (runBy === undefined) return /\.int\.spec\.ts$/.test(file) ? undefined : `${file} runs on no real server`;
  const kit = file.slice(file.lastIndexOf('/') + 1).replace(/\.ts$/, '');
  const runner = await textOf(runBy);
  if (runner === undefined) return `${runBy} is not there`;
  return runner.includes(kit) || PARTS_OF_KITS.includes(kit) ? undefined : `${runBy} does not run ${file}`;
}

describe('the assumptions of the simulation', () => {
  test('have tests that are there', async () => {
    const problems = await Promise.all(ALL.flatMap(({ tests }) => tests).map(problemOf));
    expect(problems.filter((problem) => problem !== undefined)).toEqual([]);
  });

  test('name a part of the simulation that is there', async () => {
    const texts = await Promise.all(ALL.map(({ reliesOnIt }) => textOf(`test/simulation/${reliesOnIt}`)));
    expect(ALL.filter((_, i) => texts[i] === undefined).map(({ reliesOnIt }) => reliesOnIt)).toEqual([]);
  });

  test('say why where they have no test, and only there', () => {
    const wrong = ALL.filter(({ tests, unchecked }) => (tests.length === 0) !== (unchecked !== undefined));
    expect(wrong.map(({ holds }) => holds)).toEqual([]);
  });
});
