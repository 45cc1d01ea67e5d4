import { describe, expect, test } from '@jest/globals';
import { COMMANDS } from './commands/index.js';
import { runProgram } from './program.js';
import { RecordedHost } from './recorded-host.js';

const noEngine = () => Promise.reject(new Error('no engine is needed'));

async function call(...args: string[]) {
  const host = new RecordedHost();
  const code = await runProgram(args, host, noEngine);
  return { code, out: host.out, err: host.err, json: () => host.json };
}

describe('help', () => {
  test.each(COMMANDS.map(({ name }) => name))('%s explains itself with an example and --json', async (name) => {
    const { code, out, err } = await call(...name.split(' '), '--help');
    expect(code).toBe(0);
    expect(out).toContain(`Usage: millrace ${name}`);
    expect(out).toMatch(/Examples?:\n {2}\$ millrace /);
    expect(out).toContain('--json');
    expect(err).toBe('');
  });

  test('lists every command, and prints the version', async () => {
    const { code, out } = await call('--help');
    expect(code).toBe(0);
    for (const { name } of COMMANDS) expect(out).toContain(` ${name.split(' ')[0]} `);
    expect(await call('--version')).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  });
});

describe('wrong usage exits 2 with one line and a hint', () => {
  const cases: [string, string[], RegExp][] = [
    ['no command', [], /a command is missing/],
    ['a misspelt command', ['verifi', 'shop.yaml'], /unknown command 'verifi' \(Did you mean verify\?\)/],
    ['a group without its command', ['dead-letters'], /a command is missing/],
    [
      'a misspelt command of a group',
      ['dead-letters', 'lst', 'shop.yaml'],
      /unknown command 'lst' \(Did you mean list\?\)/,
    ],
    ['a missing FILE', ['run'], /missing required argument 'FILE'/],
    ['a second FILE', ['status', 'a.yaml', 'b.yaml'], /too many arguments/],
    ['an unknown option', ['run', 'a.yaml', '--frsh'], /unknown option '--frsh' \(Did you mean --fresh\?\)/],
    ['an option without its value', ['verify', 'a.yaml', '--collection'], /argument missing/],
    ['a limit that is no number', ['preview', 'a.yaml', '--limit', 'many'], /whole number from 1/],
    ['init without a source', ['init'], /required option '--source <URI>' not specified/],
    ['init with a source of no kind', ['init', '--source', 'localhost'], /--source needs a URI/],
    [
      'init with a target that is none',
      ['init', '--source', 'postgres://h/d', '--target', 'x'],
      /--target needs a URI/,
    ],
    ['a replay of nothing', ['dead-letters', 'replay', 'a.yaml'], /say which letters/],
    ['a discard of nothing', ['dead-letters', 'discard', 'a.yaml'], /say which letters/],
    [
      'a correction without a column',
      ['dead-letters', 'edit', '1', 'a.yaml', '--set', '=5'],
      /--set needs COLUMN=VALUE/,
    ],
    ['no correction', ['dead-letters', 'edit', '1', 'a.yaml'], /nothing to correct/],
  ];

  test.each(cases)('%s', async (_title, args, message) => {
    const { code, out, err } = await call(...args);
    expect(code).toBe(2);
    expect(out).toBe('');
    const [first, second, ...more] = err.trimEnd().split('\n');
    expect(first).toMatch(message);
    expect(first).toMatch(/^error USAGE: /);
    expect(second).toMatch(/--help/);
    expect(more).toEqual([]);
  });

  test('and is a JSON value on stdout with --json', async () => {
    const { code, json } = await call('status', '--json');
    expect(code).toBe(2);
    expect(json()).toEqual([
      { error: { code: 'USAGE', message: expect.stringContaining('FILE'), remedy: expect.stringContaining('--help') } },
    ]);
  });

  test('a kind of source that this version lacks exits 2', async () => {
    const { code, err } = await call('init', '--source', 'mysql://user:hunter22@host/shop');
    expect(code).toBe(2);
    expect(err).toContain('SOURCE_KIND_UNAVAILABLE');
    expect(err).not.toContain('hunter22');
  });

  test('settings that are none are named all at once, without their values', async () => {
    const host = new RecordedHost();
    Object.assign(host.env, { MILLRACE_LOG_LEVEL: 'loud-secret', MILLRACE_READERS: '0' });
    expect(await runProgram(['status', 'a.yaml'], host, noEngine)).toBe(2);
    expect(host.err).toMatch(
      /SETTINGS_INVALID: MILLRACE_LOG_LEVEL must be one of .*; MILLRACE_READERS must be a whole number from 1 to 32/,
    );
    expect(host.err).not.toContain('loud-secret');
  });
});
