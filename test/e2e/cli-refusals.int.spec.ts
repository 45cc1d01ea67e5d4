import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { openSqlSession, startMongo, startPostgres } from '#servers';
import { type TestMongo, type TestPostgres, testMongo, testPostgres } from '#testing';
import { type CliContext, cliContext } from './run-cli.js';

jest.setTimeout(240_000);

/** What `run` refuses and `check` names: with the contract's exit codes, without a secret, and with nothing written. */

const SECRET = 'hunter22-geheim';

let cli: CliContext;
let postgres: TestPostgres;
let mongo: TestMongo;

beforeAll(async () => {
  [cli, postgres, mongo] = await Promise.all([cliContext(), testPostgres(), testMongo()]);
  await postgres.exec(`
    CREATE TABLE things (id int PRIMARY KEY, name text);
    INSERT INTO things VALUES (1, 'one');
    CREATE TABLE keyless (name text);
  `);
});
afterAll(async () => {
  await Promise.all([postgres[Symbol.asyncDispose](), mongo[Symbol.asyncDispose](), cli[Symbol.asyncDispose]()]);
});

interface Given {
  pg?: string;
  mongo?: string;
  collections?: string;
}

async function job(given: Given = {}): Promise<string> {
  return cli.file(
    'job.yaml',
    `job: ${mongo.job}
source: { kind: postgres, uri: "${given.pg ?? postgres.uri}" }
target: { uri: "${given.mongo ?? mongo.uri}", database: ${mongo.database} }
collections:
${given.collections ?? '  things: { table: public.things }'}
`,
  );
}

/** Databases of the job and its target; a refused job makes none. */
async function written(): Promise<string[]> {
  const { databases } = await mongo.client.db('admin').admin().listDatabases();
  return databases.map(({ name }) => name).filter((name) => name.includes(mongo.database));
}

async function refusedByBoth(given: Given, code: string): Promise<void> {
  const file = await job(given);
  const check = await cli.run(['check', file, '--json']);
  expect(check.json).toEqual([
    {
      findings: expect.arrayContaining([
        expect.objectContaining({ severity: 'blocker', code, fix: expect.stringMatching(/./) }),
      ]),
    },
  ]);
  expect(check.code).toBe(4);
  const run = await cli.run(['run', '--until-synced', file]);
  expect(run.err).toContain(code);
  expect(run.code).toBe(4);
  for (const { out, err } of [check, run]) {
    expect(out + err).not.toContain(SECRET);
    expect(err).not.toMatch(/\n {4}at /);
  }
  expect(await written()).toEqual([]);
}

describe('refused with exit 4 by check and run', () => {
  test('a source whose wal_level is not logical', async () => {
    await using server = await startPostgres({ settings: { wal_level: 'replica' } });
    const session = await openSqlSession(server.uri);
    await session.query('CREATE TABLE things (id int PRIMARY KEY)');
    await session.close();
    await refusedByBoth({ pg: server.uri }, 'WAL_LEVEL');
  });

  test('a standalone mongod', async () => {
    await using server = await startMongo({ replicaSet: false });
    await refusedByBoth({ mongo: server.uri }, 'TARGET_STANDALONE');
  });

  test('a database that is not there', async () => {
    await refusedByBoth({ pg: postgres.uri.replace(/\/[^/]+$/, '/nowhere') }, 'SOURCE_DATABASE_UNKNOWN');
  });

  test('a user that the source does not know', async () => {
    const uri = new URL(postgres.uri);
    [uri.username, uri.password] = ['nobody_of_this_name', SECRET];
    await refusedByBoth({ pg: uri.href }, 'SOURCE_AUTHENTICATION_FAILED');
  });

  test('a table without a key', async () => {
    await refusedByBoth({ collections: '  keyless: { table: public.keyless }' }, 'TABLE_WITHOUT_KEY');
  });

  test('a collection that is not empty, until --drop-target says otherwise', async () => {
    await mongo.db.collection('things').insertOne({ _id: 99 } as object);
    const file = await job();
    const refused = await cli.run(['run', '--until-synced', file, '--json']);
    expect(refused.code).toBe(4);
    expect(refused.json.at(-1)).toMatchObject({
      error: { findings: [{ severity: 'blocker', code: 'TARGET_NOT_EMPTY' }] },
    });
    expect(await mongo.db.collection('things').countDocuments()).toBe(1);
    expect(await written()).toEqual([mongo.database]);
    expect((await cli.run(['run', '--until-synced', '--drop-target', file])).code).toBe(0);
    expect(await mongo.db.collection('things').find().toArray()).toEqual([{ _id: 1, name: 'one' }]);
    expect((await cli.run(['reset', '--yes', file])).code).toBe(0);
    await mongo.db.dropDatabase();
    expect(await written()).toEqual([]);
  });
});

describe('refused with exit 2, at its place in the file', () => {
  test.each([['check'], ['run'], ['preview']])('an unknown table or column, by %s', async (command) => {
    const file = await job({
      collections: '  a:\n    table: public.thinks\n  b:\n    table: public.things\n    id: nummer',
    });
    const { code, err } = await cli.run([command, file]);
    expect(code).toBe(2);
    expect(err).toMatch(/job\.yaml:6:\d+: collections\.a\.table: .*things/);
    expect(err).toMatch(/job\.yaml:9:\d+: collections\.b\.id: .*nummer/);
    expect(await written()).toEqual([]);
  });
});
