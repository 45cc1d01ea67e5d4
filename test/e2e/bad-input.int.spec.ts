import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { startPostgres } from '#servers';
import { type TestMongo, type TestPostgres, testMongo, testPostgres } from '#testing';
import { type CliContext, cliContext } from './run-cli.js';

jest.setTimeout(240_000);

/** What a user can get wrong, one by one: a clear error, the contract's exit code, no secret, and nothing written anywhere. */

const SECRET = 'hunter22-geheim';

let cli: CliContext;
let postgres: TestPostgres;
let mongo: TestMongo;

beforeAll(async () => {
  [cli, postgres, mongo] = await Promise.all([cliContext(), testPostgres(), testMongo()]);
  await postgres.exec(`
    CREATE TABLE things (id int PRIMARY KEY, name text);
    CREATE TABLE other (id int PRIMARY KEY, thing_id int);
    INSERT INTO things VALUES (1, 'one');
  `);
});
afterAll(async () => {
  await Promise.all([postgres[Symbol.asyncDispose](), mongo[Symbol.asyncDispose](), cli[Symbol.asyncDispose]()]);
});

const withSecret = (uri: string): string => {
  const url = new URL(uri);
  [url.username, url.password] = [url.username || 'app', SECRET];
  return url.href;
};

const jobOf = (given: { pg?: string; mongo?: string; rest?: string }) =>
  cli.file(
    'job.yaml',
    `job: ${mongo.job}
source: { kind: postgres, uri: "${given.pg ?? postgres.uri}" }
target: { uri: "${given.mongo ?? mongo.uri}", database: ${mongo.database} }
${given.rest ?? 'collections: { things: { table: public.things } }'}
`,
  );

async function expectNothingWritten(): Promise<void> {
  const { databases } = await mongo.client.db('admin').admin().listDatabases();
  expect(databases.map(({ name }) => name).filter((name) => name.includes(mongo.job))).toEqual([]);
  expect(await postgres.query('SELECT pubname FROM pg_publication')).toEqual([]);
  const slots = 'SELECT slot_name FROM pg_replication_slots WHERE database = current_database()';
  expect(await postgres.query(slots)).toEqual([]);
}

async function expectRefused(given: Parameters<typeof jobOf>[0], code: string, runs = true): Promise<void> {
  const file = await jobOf(given);
  const check = await cli.run(['check', file, '--json']);
  const blocker = expect.objectContaining({ severity: 'blocker', code, fix: expect.stringMatching(/./) });
  expect(check).toMatchObject({ code: 4, json: [{ findings: expect.arrayContaining([blocker]) }] });
  const results = [check];
  if (runs) {
    const run = await cli.run(['run', '--until-synced', file]);
    expect(run).toMatchObject({ code: 4, err: expect.stringContaining(code) });
    results.push(run);
  }
  for (const { out, err } of results) {
    expect(out + err).not.toContain(SECRET);
    expect(err).not.toMatch(/\n {4}at /);
  }
  await expectNothingWritten();
}

describe('a server that is not what it should be is a blocker', () => {
  test('an unreachable source, for check at once', async () => {
    await expectRefused({ pg: `postgresql://app:${SECRET}@127.0.0.1:1/shop` }, 'SOURCE_UNREACHABLE', false);
  });

  test('an unreachable target, for check at once', async () => {
    await expectRefused({ mongo: `mongodb://app:${SECRET}@127.0.0.1:1/?replicaSet=rs0` }, 'TARGET_UNREACHABLE', false);
  });

  test('MongoDB where PostgreSQL is meant, which never answers, for check', async () => {
    const uri = `postgresql://app:${SECRET}@${new URL(mongo.uri).host}/shop`;
    await expectRefused({ pg: uri }, 'SOURCE_UNREACHABLE', false);
  });

  test('PostgreSQL where MongoDB is meant, for check', async () => {
    const uri = `mongodb://app:${SECRET}@${new URL(postgres.uri).host}/?directConnection=true`;
    await expectRefused({ mongo: uri }, 'TARGET_UNREACHABLE', false);
  });

  test('a target that knows no such user', async () => {
    await expectRefused({ mongo: withSecret(mongo.uri) }, 'TARGET_AUTHENTICATION_FAILED');
  });

  test('a source without TLS, where the URI asks for it', async () => {
    const uri = new URL(withSecret(postgres.uri));
    uri.searchParams.set('sslmode', 'require');
    await expectRefused({ pg: uri.href }, 'SOURCE_TLS_REQUIRED');
  });

  test('a role without any right', async () => {
    const role = `${postgres.database}_nobody`;
    await postgres.exec(`CREATE ROLE ${role} LOGIN PASSWORD '${SECRET}'`);
    const uri = new URL(postgres.uri);
    [uri.username, uri.password] = [role, SECRET];
    const check = await cli.run(['check', await jobOf({ pg: uri.href }), '--json']);
    const [{ findings }] = check.json as [{ findings: { severity: string; fix: string }[] }];
    const blockers = findings.filter(({ severity }) => severity === 'blocker');
    expect(blockers.map(({ fix }) => fix).join('\n')).toMatch(/GRANT SELECT|GRANT .* SELECT/);
    expect(check.code).toBe(4);
    expect(await cli.run(['run', await jobOf({ pg: uri.href })])).toMatchObject({ code: 4 });
    await expectNothingWritten();
    await postgres.exec(`DROP ROLE ${role}`);
  });

  test('a source whose slots are all taken', async () => {
    await using server = await startPostgres({ settings: { max_replication_slots: 1 } });
    const { default: pg } = await import('pg');
    const client = new pg.Client({ connectionString: server.uri });
    await client.connect();
    await client.query("CREATE TABLE things (id int PRIMARY KEY); SELECT pg_create_physical_replication_slot('taken')");
    await client.end();
    const { code, out } = await cli.run(['check', await jobOf({ pg: server.uri }), '--json']);
    expect(code).toBe(4);
    expect(out).toMatch(/"code":"[A-Z_]*SLOT[A-Z_]*"/);
  });
});

describe('a mistake in the job file is told with its place, before anything is connected', () => {
  const things = '{ table: public.things }';
  test.each([
    ['a brace that is not closed', 'collections: { things: { table: public.things }', /:\d+:\d+/],
    ['a tab as indentation', 'collections:\n\tthings: {}', /:5:\d+/],
    ['a key twice', `collections: { a: ${things}, a: ${things} }`, /:4:\d+.*a/],
    ['an unknown key', `colections: { a: ${things} }`, /:4:\d+.*colections.*/],
    ['an unknown mode', `mode: fast\ncollections: { a: ${things} }`, /:4:7.*mode/],
    ['a list for a map', 'collections: [1, 2]', /:4:\d+.*collections/],
    ['no collection', 'collections: {}', /:4:\d+.*collections/],
    [
      'a limit that is no number',
      'collections: { a: { table: public.things, embed: { o: { many: public.other, on: { thing_id: id }, limit: few } } } }',
      /limit/,
    ],
    [
      'one and many at once',
      'collections: { a: { table: public.things, embed: { o: { one: public.other, many: public.other, on: { thing_id: id } } } } }',
      /embed\.o/,
    ],
    [
      'an expression that does not parse',
      `collections: { a: { table: public.things, where: "columns. ===" } }`,
      /where/,
    ],
    ['a size that is none', `collections: { a: ${things} }\nstopAfterErrors: lots`, /stopAfterErrors/],
    ['an unknown table', 'collections: { a: { table: public.thinks } }', /:4:\d+.*thinks/],
    ['an unknown schema', 'collections: { a: { table: nowhere.things } }', /:4:\d+.*nowhere/],
    ['an unknown column in id', 'collections: { a: { table: public.things, id: nummer } }', /:4:\d+.*nummer/],
    ['an unknown column in fields', 'collections: { a: { table: public.things, fields: [nope] } }', /:4:\d+.*nope/],
    [
      'an unknown column in on',
      'collections: { a: { table: public.things, embed: { o: { many: public.other, on: { nix: id } } } } }',
      /:4:\d+.*nix/,
    ],
    [
      'an unknown type',
      'collections: { a: { table: public.things, fields: { types: { name: varchar } } } }',
      /:4:\d+.*types/,
    ],
    [
      'columns that cannot be equal',
      'collections: { a: { table: public.things, embed: { o: { many: public.other, on: { thing_id: name } } } } }',
      /:4:\d+/,
    ],
    [
      'two fields of one name',
      'collections: { a: { table: public.things, fields: { rename: { name: _id } } } }',
      /:4:\d+/,
    ],
    [
      'a variable that is not set',
      'collections: { a: { table: "public.${NOT_SET_ANYWHERE}" } }',
      /:4:\d+.*NOT_SET_ANYWHERE/,
    ],
  ])('%s', async (_, rest, at) => {
    const file = await jobOf({ pg: postgres.uri, rest });
    for (const command of ['check', 'run']) {
      const { code, out, err } = await cli.run([command, file]);
      expect({ code, out, err }).toEqual({ code: 2, out: '', err: expect.stringMatching(at) });
      expect(err).toMatch(/job\.yaml:\d+:\d+: /);
      expect(err).not.toMatch(/\n {4}at /);
    }
    await expectNothingWritten();
  });

  test.each([['[not, a, job]'], ['just text'], [''], ['{"job": 1}'], ['job: [\u0000]']])(
    'a file that is no job file at all: %j',
    async (text) => {
      const { code, err } = await cli.run(['run', await cli.file('odd.yaml', text)]);
      expect({ code, err }).toEqual({ code: 2, err: expect.stringMatching(/odd\.yaml/) });
      expect(err).not.toMatch(/\n {4}at /);
    },
  );

  test.each([
    ['a job name with capitals', 'job: Shop'],
    ['a job name of 41 letters', `job: ${'a'.repeat(41)}`],
    ['a job name that begins with a digit', 'job: 1shop'],
  ])('%s', async (_, line) => {
    const file = await cli.file(
      'name.yaml',
      `${line}\nsource: { kind: postgres, uri: "postgres://h/d" }\ntarget: { uri: "mongodb://h", database: d }\ncollections: { a: { table: public.a } }\n`,
    );
    const { code, err } = await cli.run(['run', file]);
    expect({ code, err }).toEqual({ code: 2, err: expect.stringMatching(/name\.yaml:1:6: job/) });
  });
});

test.each([
  ['postgres', { pg: 'postgres://app:hunter22-geheim@[broken/shop' }],
  ['mongo', { mongo: 'mongodb://app:hunter22-geheim@/?nonsense=%%%' }],
])('a URI of %s that cannot be parsed is refused without being shown', async (_, given) => {
  const { code, out, err } = await cli.run(['check', await jobOf(given)]);
  expect([2, 4]).toContain(code);
  expect(out + err).not.toContain(SECRET);
  expect(err).not.toMatch(/\n {4}at /);
  await expectNothingWritten();
});
