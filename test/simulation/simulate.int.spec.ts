import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

/** From the build, as `npm run simulate` runs it: there even the ids that the engine draws come from the seed. */
async function simulate(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, ['dist/test/simulation/main.js', ...args], {
    maxBuffer: 64 * 2 ** 20,
  });
  return stdout;
}

test('the laws hold in some worlds', async () => {
  expect(await simulate('--seeds', '10', '--from', '1')).toMatch(/^10 seeds, \d+ steps, \d+ s: all laws held$/m);
}, 300_000);

test('one seed is one schedule', async () => {
  const trace = await simulate('--seed', '7', '--trace');
  expect(trace).toMatch(/seed 7: all held/);
  expect(await simulate('--seed', '7', '--trace')).toBe(trace);
}, 120_000);
