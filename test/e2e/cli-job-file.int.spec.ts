import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { testPostgres } from '#testing';
import { type CliContext, cliContext } from './run-cli.js';

let cli: CliContext;
beforeAll(async () => {
  cli = await cliContext();
});
afterAll(async () => {
  await cli[Symbol.asyncDispose]();
});

const SECRET = 'hunter22-geheim';

const WRONG = `job: Shop
source: { kind: postgres, uri: "\${SHOP_PG_URI}" }
target: { uri: "\${SHOP_MONGO_URI}", database: shop }
collections:
  orders:
    tabel: public.orders
    embed:
      lines: { many: public.order_lines, limit: none }
`;

const COMMANDS_OF_A_FILE = [
  ['check'],
  ['preview'],
  ['run'],
  ['verify'],
  ['status'],
  ['pause'],
  ['resume'],
  ['complete'],
  ['reset', '--yes'],
  ['dead-letters', 'list'],
  ['dead-letters', 'show', '1'],
  ['dead-letters', 'replay', '--all'],
  ['dead-letters', 'discard', '--id', '1'],
];

describe('a job file with mistakes', () => {
  test.each(COMMANDS_OF_A_FILE)('is refused by %s %s with all of them, at their places', async (...command) => {
    const file = await cli.file('wrong.yaml', WRONG);
    const { code, out, err } = await cli.run([...command, file]);
    expect(code).toBe(2);
    expect(out).toBe('');
    const lines = err.split('\n');
    expect(lines).toContainEqual(expect.stringMatching(/wrong\.yaml:1:6: job: /));
    expect(lines).toContainEqual(expect.stringMatching(/wrong\.yaml:2:\d+: source\.uri: .*SHOP_PG_URI/));
    expect(lines).toContainEqual(expect.stringMatching(/wrong\.yaml:6:5: collections\.orders\.tabel: /));
    expect(lines).toContainEqual(
      expect.stringMatching(/wrong\.yaml:8:\d+: collections\.orders\.embed\.lines\.limit: /),
    );
    expect(err).toMatch(/error JOB_FILE_INVALID: .*wrong\.yaml has \d+ mistakes/);
    expect(err).not.toMatch(/\n {4}at /);
  });

  test('is told as {problems} with --json', async () => {
    const file = await cli.file('wrong.yaml', WRONG);
    const { code, json } = await cli.run(['status', file, '--json']);
    expect(code).toBe(2);
    expect(json).toHaveLength(1);
    const [{ problems }] = json as [{ problems: object[] }];
    expect(problems.length).toBeGreaterThan(3);
    for (const problem of problems) {
      expect(problem).toEqual({
        file,
        line: expect.any(Number),
        column: expect.any(Number),
        path: expect.any(String),
        code: expect.any(String),
        message: expect.any(String),
      });
    }
  });

  test('shows no value of the environment', async () => {
    const file = await cli.file('wrong.yaml', WRONG);
    const env = {
      SHOP_PG_URI: `postgres://app:${SECRET}@db/shop`,
      SHOP_MONGO_URI: `mongodb://app:${SECRET}@m/?replicaSet=rs0`,
    };
    const { code, out, err } = await cli.run(['check', '--json', file], env);
    expect(code).toBe(2);
    expect(out + err).not.toContain(SECRET);
  });

  test('also has its names checked against the source, all at once', async () => {
    await using postgres = await testPostgres();
    await postgres.exec('CREATE TABLE orders (id int PRIMARY KEY)');
    const text = WRONG.replace('job: Shop', 'job: shop').replace(
      'tabel: public.orders',
      'table: public.orders\n    id: nummer',
    );
    const file = await cli.file('wrong.yaml', text);
    const { code, err } = await cli.run(['check', file], { SHOP_PG_URI: postgres.uri, SHOP_MONGO_URI: 'mongodb://h' });
    expect(code).toBe(2);
    expect(err).toMatch(/wrong\.yaml:9:\d+: collections\.orders\.embed\.lines\.limit: /);
    expect(err).toMatch(/wrong\.yaml:7:\d+: collections\.orders\.id: .*nummer/);
  });

  test('that is not there is refused in one line', async () => {
    const { code, err } = await cli.run(['run', `${cli.folder}/none.yaml`]);
    expect(code).toBe(2);
    expect(err).toMatch(/^error JOB_FILE_UNREADABLE: .*none\.yaml cannot be read: no such file\.\n {2}.*\n$/);
  });

  test.each(['mysql', 'mariadb', 'debezium'])('names %s as a kind that this version lacks', async (kind) => {
    const file = await cli.file('kind.yaml', WRONG.replace('kind: postgres', `kind: ${kind}`));
    const { code, err } = await cli.run(['check', file], { SHOP_PG_URI: 'x://h/d', SHOP_MONGO_URI: 'mongodb://h' });
    expect(code).toBe(2);
    expect(err).toMatch(/kind\.yaml:2:\d+: source\.kind: /);
  });
});

test('schema prints the JSON Schema of the job file', async () => {
  const { code, out, err } = await cli.run(['schema']);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(JSON.parse(out)).toMatchObject({ type: 'object', properties: { job: {}, collections: {} } });
  expect((await cli.run(['schema', '--json'])).json).toEqual([JSON.parse(out)]);
});
