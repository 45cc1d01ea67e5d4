import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { errorCodes, MillraceError } from '#errors';
import { JOB_ERRORS, type JobCommands, type JobEvent, type VerifyReport } from '#job';
import type { Finding } from '#model';
import { Decimal128, Int32, Long } from 'bson';
import type { OpenEngine } from './command.js';
import { runProgram } from './program.js';
import { jobOf, RecordedHost } from './recorded-host.js';

const PASSWORD = 'hunter22-geheim';
const JOB = `job: shop
source: { kind: postgres, uri: "\${SHOP_PG_URI}" }
target: { uri: "mongodb://127.0.0.1/?replicaSet=rs0", database: shop }
collections:
  orders: { table: public.orders }
`;

let folder = '';
let file = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-cli-'));
  file = join(folder, 'shop.yaml');
  await writeFile(file, JOB);
});
afterAll(() => rm(folder, { recursive: true }));

interface Called {
  code: number;
  host: RecordedHost;
}

async function call(
  args: string[],
  given: Partial<JobCommands>,
  options: { events?: JobEvent[]; before?: (host: RecordedHost) => void; host?: RecordedHost } = {},
): Promise<Called> {
  const host = options.host ?? new RecordedHost();
  host.env['SHOP_PG_URI'] = `postgres://app:${PASSWORD}@db.example:5432/shop`;
  options.before?.(host);
  const openEngine: OpenEngine = async (_job, _context, onEvent) => {
    for (const event of options.events ?? []) onEvent(event);
    return jobOf(given);
  };
  return { code: await runProgram(args, host, openEngine), host };
}

const EQUAL: VerifyReport = { equal: 7, different: 0, missing: 0, extra: 0, edited: 0, deadLetters: 0, documents: [] };
const blocker: Finding = {
  severity: 'blocker',
  code: 'WAL_LEVEL',
  object: 'source',
  message: 'wal_level is replica',
  fix: 'ALTER SYSTEM SET wal_level = logical;',
};

describe('check', () => {
  test('prints its findings and exits 4 where there is a blocker', async () => {
    const { code, host } = await call(['check', file], { check: async () => [blocker] });
    expect(code).toBe(4);
    expect(host.out).toContain(
      'blocker WAL_LEVEL source: wal_level is replica\n    ALTER SYSTEM SET wal_level = logical;',
    );
  });

  test('exits 0 on warnings, and gives {findings} with --json', async () => {
    const warning: Finding = { ...blocker, severity: 'warning' };
    const { code, host } = await call(['check', file, '--json'], { check: async () => [warning] });
    expect(code).toBe(0);
    expect(host.json).toEqual([{ findings: [warning] }]);
  });
});

describe('verify', () => {
  test('exits 0 where all is equal', async () => {
    const { code, host } = await call(['verify', file], { verify: async () => EQUAL });
    expect({ code, out: host.out }).toEqual({ code: 0, out: '✓ equal: 7 documents as the source says\n' });
  });

  test.each(['different', 'missing', 'extra', 'deadLetters'] as const)('exits 3 on %s', async (kind) => {
    const { code } = await call(['verify', file], { verify: async () => ({ ...EQUAL, [kind]: 1 }) });
    expect(code).toBe(3);
  });

  test('does not count an edited document as a difference', async () => {
    expect(await call(['verify', file], { verify: async () => ({ ...EQUAL, edited: 2 }) })).toMatchObject({ code: 0 });
  });

  test('names the first field that differs', async () => {
    const documents: VerifyReport['documents'] = [
      {
        collection: 'orders',
        id: { $numberInt: '4' },
        kind: 'different',
        path: 'lines.0.price',
        expected: { $numberInt: '2' },
        found: null,
      },
    ];
    const { host } = await call(['verify', file], { verify: async () => ({ ...EQUAL, different: 1, documents }) });
    expect(host.out).toContain('different orders 4 lines.0.price: expected 2, found null');
  });

  test('hands on what was asked for, and is stopped by a signal with exit 1', async () => {
    const host = new RecordedHost();
    const verify: JobCommands['verify'] = async (options, signal) => {
      expect(options).toEqual({ collection: 'orders', repair: true });
      host.send('SIGINT');
      expect(signal.aborted).toBe(true);
      throw new MillraceError(JOB_ERRORS.INTERRUPTED, 'stopped');
    };
    const { code } = await call(['verify', '--repair', '--collection', 'orders', file], { verify }, { host });
    expect(code).toBe(1);
    expect(host.err).toContain('INTERRUPTED');
  });
});

describe('run', () => {
  test('hands on its flags; a clean stop exits 0', async () => {
    const run: JobCommands['run'] = async (options) => {
      expect(options).toEqual({ untilSynced: false, fresh: true, dropTarget: true, force: ['A', 'B'] });
      return { kind: 'stopped', synced: false };
    };
    const { code } = await call(['run', '--fresh', '--drop-target', '--force', 'A', '--force', 'B', file], { run });
    expect(code).toBe(0);
  });

  test('exits 1 where it is stopped before it was synced', async () => {
    const run: JobCommands['run'] = async () => ({ kind: 'stopped', synced: false });
    expect(await call(['run', '--until-synced', file], { run })).toMatchObject({ code: 1 });
    expect(await call(['run', '--until-synced', file], { run: async () => ({ kind: 'done' }) })).toMatchObject({
      code: 0,
    });
  });

  test('the first signal stops cleanly, the second exits at once', async () => {
    const host = new RecordedHost();
    const run: JobCommands['run'] = async (_options, signal) => {
      host.send('SIGTERM');
      expect(signal.aborted).toBe(true);
      expect(host.exited).toBeUndefined();
      host.send('SIGTERM');
      expect(host.exited).toBe(143);
      return { kind: 'stopped', synced: true };
    };
    expect((await call(['run', file], { run }, { host })).code).toBe(0);
  });

  test('gives progress as JSON lines and ends with its outcome', async () => {
    const events: JobEvent[] = [
      { kind: 'phase', phase: 'loading' },
      { kind: 'progress', stage: 'load', tables: [{ table: 'public.orders', rows: 5, total: 10, done: false }] },
      { kind: 'progress', stage: 'load', tables: [{ table: 'public.orders', rows: 6, total: 10, done: false }] },
      { kind: 'progress', stage: 'load', tables: [{ table: 'public.orders', rows: 10, total: 10, done: true }] },
    ];
    const { host } = await call(['run', file, '--json'], { run: async () => ({ kind: 'done' }) }, { events });
    expect(host.json).toEqual([events[0], events[1], events[3], { kind: 'outcome', outcome: 'done' }]);
    expect(host.err).toContain('5 of 10 rows loaded');
  });

  test('a refusal shows the findings and exits 4', async () => {
    const { JOB_BLOCKED } = errorCodes({ JOB_BLOCKED: { cause: 'c', remedy: 'Mend it.', exit: 4 } });
    const run = () => Promise.reject(new MillraceError(JOB_BLOCKED, 'refused', { context: { findings: [blocker] } }));
    const { code, host } = await call(['run', file, '--json'], { run });
    expect(code).toBe(4);
    expect(host.err).toContain('WAL_LEVEL');
    expect(host.json).toEqual([
      { error: { code: 'JOB_BLOCKED', message: 'refused', remedy: 'Mend it.', findings: [blocker] } },
    ]);
  });
});

describe('status', () => {
  test('gives what it is given with --json, and a table for people', async () => {
    const status = async () => ({
      job: 'shop',
      phase: 'streaming' as const,
      running: true,
      tables: [{ table: 'public.orders', rows: 1200, total: 1200 }],
      lagSeconds: 0.25,
      deadLetters: 1,
      retainedBytes: 2048,
    });
    const { host } = await call(['status', file, '--json'], { status });
    expect(host.json).toEqual([await status()]);
    const { host: people, code } = await call(['status', file], { status });
    expect(code).toBe(0);
    expect(people.out).toMatch(/public\.orders +1,200 +1,200 +100 %/);
    expect(people.out).toContain('lag 0.3 s · 1 dead letter · the source retains 2.0 KiB for it');
  });

  test('shows the collections that are being built, with the time left where it is known', async () => {
    const status = async () => ({
      job: 'shop',
      phase: 'building' as const,
      running: true,
      tables: [{ table: 'public.orders', rows: 1200, total: 1200 }],
      lagSeconds: 0,
      deadLetters: 0,
      retainedBytes: 0,
      built: [
        { collection: 'orders', roots: 300, total: 1200, etaSeconds: 90 },
        { collection: 'customers', roots: 0, total: 40 },
      ],
    });
    const { host } = await call(['status', file, '--json'], { status });
    expect(host.json).toEqual([await status()]);
    const { host: people } = await call(['status', file], { status });
    expect(people.out).toMatch(/^collection +roots +of +built +left$/m);
    expect(people.out).toMatch(/^orders +300 +1,200 +25 % +1:30$/m);
    expect(people.out).toMatch(/^customers +0 +40 +0 %$/m);
  });
});

describe('preview', () => {
  async function* documents() {
    yield {
      collection: 'orders',
      document: { _id: new Int32(1), total: Decimal128.fromString('1.50'), big: Long.fromString('9007199254740993') },
    };
  }

  test('prints relaxed Extended JSON for people, keeping what plain numbers would lose', async () => {
    const { host } = await call(['preview', file], { preview: documents });
    expect(host.out).toContain('"_id": 1');
    expect(host.out).toContain('{ "$numberDecimal": "1.50" }');
    expect(host.out).toContain('{ "$numberLong": "9007199254740993" }');
    expect(host.err).toContain('orders:');
  });

  test('prints one array of canonical Extended JSON with --json', async () => {
    const { host } = await call(['preview', file, '--json'], { preview: documents });
    const entry = {
      collection: 'orders',
      document: {
        _id: { $numberInt: '1' },
        total: { $numberDecimal: '1.50' },
        big: { $numberLong: '9007199254740993' },
      },
    };
    expect(host.json).toEqual([[entry]]);
    const twice = async function* () {
      yield* documents();
      yield* documents();
    };
    expect((await call(['preview', file, '--json'], { preview: twice })).host.json).toEqual([[entry, entry]]);
    const none = async function* () {};
    expect((await call(['preview', file, '--json'], { preview: none })).host.json).toEqual([[]]);
  });
});

describe('dead-letters', () => {
  test('list gives an array with --json', async () => {
    const letter = {
      id: '1',
      collection: 'orders',
      key: { id: '4' },
      code: 'X',
      message: 'm',
      attempts: 2,
      firstAt: '2026-01-01T00:00:00.000Z',
      lastAt: '2026-01-01T00:00:00.000Z',
    };
    const { host } = await call(['dead-letters', 'list', file, '--json'], { listLetters: async () => [letter] });
    expect(host.json).toEqual([[letter]]);
  });

  test.each([
    [['--set', 'total=1=2', '--set', 'a=', '--set-null', 'b']],
    [['--set', 'total=1=2', 'a=', '--set-null', 'b']],
  ])('edit takes %j', async (corrections) => {
    const calls: unknown[] = [];
    const editLetter: JobCommands['editLetter'] = async (...given) => {
      calls.push(given);
      return { table: 'public.lines', key: { order_id: '7', line_no: '2' }, row: {} };
    };
    const { code, host } = await call(['dead-letters', 'edit', '7', file, ...corrections], { editLetter });
    expect(code).toBe(0);
    expect(host.err).toContain('Corrected total, a, b of public.lines (order_id 7, line_no 2); now try again');
    expect(calls).toEqual([['7', { total: '1=2', a: '', b: null }, 'tester']]);
  });

  test('replay exits 1 where a letter remains, but not in a dry run', async () => {
    const replayLetters = async () => ({ replayed: 2, cleared: 1, remaining: 1 });
    expect(await call(['dead-letters', 'replay', file, '--all'], { replayLetters })).toMatchObject({ code: 1 });
    expect(await call(['dead-letters', 'replay', file, '--id', '1', '--dry-run'], { replayLetters })).toMatchObject({
      code: 0,
    });
  });

  test('discard says who and why', async () => {
    const calls: unknown[] = [];
    const discardLetters: JobCommands['discardLetters'] = async (...given) => {
      calls.push(given);
      return { discarded: 2 };
    };
    await call(['dead-letters', 'discard', file, '--id', '1', '--id', '2', '--reason', 'test data'], {
      discardLetters,
    });
    expect(calls).toEqual([[['1', '2'], 'test data', 'tester']]);
  });
});

describe('reset', () => {
  test('refuses without --yes where there is no terminal', async () => {
    const { code, host } = await call(['reset', file], {});
    expect(code).toBe(2);
    expect(host.err).toContain('NOT_CONFIRMED');
  });

  test.each([
    ['yes', 0],
    ['no', 2],
    ['', 2],
  ])('asks on a terminal: %j exits %i', async (answer, expected) => {
    let resets = 0;
    const given = { reset: async () => void resets++ };
    const { code } = await call(['reset', file], given, {
      before: (host) => {
        host.ask = async () => answer;
      },
    });
    expect({ code, resets }).toEqual({ code: expected, resets: expected === 0 ? 1 : 0 });
  });

  test('does it with --yes', async () => {
    expect(await call(['reset', '--yes', file], { reset: async () => undefined })).toMatchObject({ code: 0 });
  });
});

describe('failures', () => {
  test('an error is its code, its message and its remedy', async () => {
    const { ODD } = errorCodes({ ODD: { cause: 'c', remedy: 'Do this.', exit: 1 } });
    const { code, host } = await call(['pause', file, '--json'], {
      pause: () => Promise.reject(new MillraceError(ODD, 'It is odd.')),
    });
    expect(code).toBe(1);
    expect(host.err).toBe('error ODD: It is odd.\n  Do this.\n');
    expect(host.json).toEqual([{ error: { code: 'ODD', message: 'It is odd.', remedy: 'Do this.' } }]);
  });

  test('what nobody expected is one line without a stack, and no secret', async () => {
    const failing = {
      pause: () =>
        Promise.reject(new TypeError(`cannot reach postgres://app:${PASSWORD}@db.example\nwith ${PASSWORD}`)),
    };
    const { code, host } = await call(['pause', file, '--json'], failing);
    expect(code).toBe(1);
    expect(host.err).toMatch(
      /^error UNEXPECTED: TypeError: cannot reach postgres:\/\/app:\*\*\*@db\.example\n {2}Run it again .*\n$/,
    );
    expect(host.err + host.out).not.toContain(PASSWORD);
  });

  test('its stack is shown where MILLRACE_DEBUG asks for it, without secrets too', async () => {
    const failing = { pause: () => Promise.reject(new TypeError(`with ${PASSWORD}`)) };
    const { host } = await call(['pause', file], failing, {
      before: ({ env }) => {
        env['MILLRACE_DEBUG'] = '1';
      },
    });
    expect(host.err).toMatch(/\n {4}at /);
    expect(host.err).not.toContain(PASSWORD);
  });

  test('the job is closed whatever happens', async () => {
    let closed = 0;
    const given = {
      close: async () => void closed++,
      pause: () => Promise.reject(new Error('no')),
      resume: async () => undefined,
    };
    await call(['pause', file], given);
    await call(['resume', file], given);
    expect(closed).toBe(2);
  });
});
