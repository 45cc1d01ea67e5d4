import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { faultMatrixPage, watchOf } from './page.js';
import { COUNTERS, numberOf, ROWS } from './rows.js';
import { neverReached, summaryOf } from './summary.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const WATCHES = 'test/simulation/matrix/watches';
const read = (file: string) => readFile(join(ROOT, file), 'utf8').catch(() => '');

const TITLE = /(?:\b(?:test|it)|\))\s*\(\s*(?:(['"])((?:(?!\1)[^\\\n]|\\.)*)\1|`([^`]*)`)\s*,/g;

function titlesOf(text: string): Set<string> {
  return new Set([...text.matchAll(TITLE)].map(([, , quoted, template]) => quoted ?? template ?? ''));
}

test('has every number from 1 to 52 once, but for those that were never given', () => {
  const numbers = Array.from({ length: 52 }, (_, i) => i + 1).filter((number) => number !== 40 && number !== 42);
  expect(ROWS.map(numberOf)).toEqual(numbers);
});

test('each row is simulated or has tests, or is open by name', () => {
  const unproven = ROWS.filter(({ simulated, tests, open }) => !simulated && !tests && !open);
  expect(unproven.map(({ name }) => name)).toEqual([]);
});

test('each test that a row names is in its file, with the case that it names', async () => {
  const broken: string[] = [];
  for (const { name, tests = [] } of ROWS)
    for (const [file, title, example = ''] of tests) {
      const text = await read(file);
      const hasCase = example === '' || text.includes(`'${example}'`);
      if (!titlesOf(text).has(title) || !hasCase) broken.push(`${name}: ${file}: ${title} ${example}`);
    }
  expect(broken).toEqual([]);
});

test('a test that is not in its file is noticed', () => {
  expect(titlesOf("test('this one', () => {});\ntest.each([1])('and %i', () => {});")).toEqual(
    new Set(['this one', 'and %i']),
  );
});

test('each counter is one that a watch can reach, and the other way round', async () => {
  const files = (await readdir(join(ROOT, WATCHES))).filter((file) => !file.endsWith('.spec.ts'));
  const code = (await Promise.all(files.map((file) => read(join(WATCHES, file))))).join('\n');
  const reachable = new Set([...code.matchAll(/'(F\d+(?: [a-z ]+)?)'/g)].map(([, counter]) => counter));
  expect(reachable).toEqual(new Set(COUNTERS));
});

test('the page leads to the watch that counts a row', async () => {
  for (const row of ROWS)
    for (const counter of row.simulated ?? []) expect(await read(watchOf(row) ?? '')).toContain(`'${counter}'`);
});

test('docs/71-fault-matrix.md is what the table says (npm run reference)', async () => {
  expect(await read('docs/71-fault-matrix.md')).toBe(faultMatrixPage());
});

test('a campaign names the rows that it never reached', () => {
  const all = new Map(COUNTERS.map((counter) => [counter, 1]));
  expect(neverReached(all)).toEqual([]);
  all.delete('F24');
  expect(neverReached(all)).toEqual([expect.stringMatching(/^F24 \(a writer stands still/)]);
});

test('the table at the end of a campaign has each row with its number and its words', () => {
  const lines = summaryOf(
    new Map([
      ['F5', 12],
      ['verified', 3],
    ]),
  );
  expect(lines).toContain('       12  F5    a process dies between two pages of a fan-out');
  expect(lines[0]).toBe('        3  verified');
});
