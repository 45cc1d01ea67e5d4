import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { waitFor } from '#testing';
import { type CliContext, cliContext } from './run-cli.js';

jest.setTimeout(240_000);
const SLOWLY = { timeoutMs: 120_000 };

let cli: CliContext;
beforeAll(async () => {
  cli = await cliContext();
});
afterAll(async () => {
  await cli[Symbol.asyncDispose]();
});

interface Step {
  step: string;
  [more: string]: unknown;
}

test('the demo tells a newcomer what it does, and ends with a verified result', async () => {
  const { code, out } = await cli.run(['demo']);
  expect(code).toBe(0);
  for (const words of [
    'PostgreSQL',
    'MongoDB',
    'shop.order_lines',
    'document in MongoDB',
    '✓ All 4,500 documents equal',
    'millrace init',
  ]) {
    expect(out).toContain(words);
  }
  expect(out).not.toContain('✗');
});

test('with --json each step is a value, every change arrives, and verify finds nothing', async () => {
  const { code, json } = await cli.run(['demo', '--json']);
  expect(code).toBe(0);
  const steps = json as Step[];
  expect(steps.map(({ step }) => step)).toEqual([
    'servers',
    'shop',
    'mapping',
    'loaded',
    'sideBySide',
    ...Array.from({ length: 7 }, () => 'change'),
    'sideBySide',
    'verify',
    'done',
  ]);
  for (const change of steps.filter(({ step }) => step === 'change')) expect(change).toMatchObject({ arrived: true });
  expect(steps.at(-2)).toMatchObject({ report: { equal: 4500, different: 0, missing: 0, extra: 0, deadLetters: 0 } });
  expect(steps.at(-1)).toMatchObject({ ok: true });
});

test('a signal ends it early', async () => {
  const { host, ended } = cli.start(['demo', '--json']);
  await waitFor(() => host.out.includes('"step":"mapping"'), SLOWLY);
  host.send('SIGINT');
  expect(await ended).toBe(130);
  expect(host.out).not.toContain('"step":"done"');
});
