import { execFile } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

/** From the build, as `npm run simulate` runs it: there even the ids that the engine draws come from the seed. */
async function simulate(...args: string[]): Promise<string> {
  const work = promisify(execFile)(process.execPath, ['dist/test/simulation/main.js', ...args], {
    maxBuffer: 64 * 2 ** 20,
  });
  // A campaign that fails says which seed does, and how it is repeated.
  return work.then(
    ({ stdout }) => stdout,
    ({ stdout, stderr }: { stdout: string; stderr: string }) => `${stdout}${stderr}`,
  );
}

/** Rows of the fault matrix that come several times in most seeds: where one of them is missing, its fault is not produced any more. */
const OFTEN = ['F6', 'F35 begins where a commit ends', 'F38 known', 'F49 two rows', 'F50 by a change'];
const HELD = /^[1-9]\d* seeds, \d+ steps, \d+ s: all laws held$/m;

/** As many as fit, from another first seed each time. */
function explored(seconds: number, ...args: string[]): Promise<string> {
  const from = String(randomInt(1_000_000_000));
  process.stderr.write(`simulation: seeds from ${from} ${args.join(' ')}\n`);
  return simulate('--from', from, '--seconds', String(seconds), '--brief', ...args);
}

test('the laws hold in some hundred worlds, other ones each time', async () => {
  const output = await explored(60);
  expect(output).toMatch(HELD);
  for (const counter of OFTEN) expect(output).toMatch(new RegExp(`^ +[1-9]\\d* +${counter} `, 'm'));
}, 300_000);

test('all comes to rest with a replica of each service lost for good', async () => {
  const output = await explored(15, '--progress');
  expect(output).toMatch(HELD);
  expect(output).toMatch(/^from the end of faults to rest at most \d+ steps, in seed \d+$/m);
}, 120_000);

test('one seed is one schedule', async () => {
  const trace = await simulate('--seed', '7', '--trace');
  expect(trace).toMatch(/seed 7: all held/);
  expect(await simulate('--seed', '7', '--trace')).toBe(trace);
}, 120_000);
