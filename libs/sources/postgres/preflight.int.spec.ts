import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { MillraceError } from '#errors';
import type { Finding, Plan, SourceTable } from '#model';
import { type TestPostgres, testPostgres, waitFor } from '#testing';
import type { PreflightRequest } from '../source.js';
import { readCatalogue } from './catalogue.js';
import { PostgresConnections } from './connection.js';
import { runPreflight } from './preflight.js';
import { checkActivity } from './preflight/activity-checks.js';

const GIB = 1_073_741_824;
const NAMES = { slot: 'millrace_shop_1', publication: 'millrace_shop_1' };

/** Connections to a test's database, as a role of choice. */
class Subject {
  readonly connections: PostgresConnections;
  constructor(
    readonly database: TestPostgres,
    user?: string,
  ) {
    const uri = new URL(database.uri);
    if (user) uri.username = user;
    this.connections = new PostgresConnections(uri.href, { job: 'shop' });
  }

  async check(
    request: Partial<PreflightRequest> & { names?: PreflightRequest['names'] } = {},
    only?: string[],
  ): Promise<Finding[]> {
    const tables = only ? await this.tables(only) : undefined;
    return runPreflight(this.connections, {
      mode: 'continuous',
      maxRetainedBytes: 10 * GIB,
      resuming: false,
      names: NAMES,
      ...(tables ? { tables } : {}),
      ...request,
    });
  }

  async codes(request: Partial<PreflightRequest> = {}, only?: string[]): Promise<string[]> {
    return (await this.check(request, only)).map(({ code }) => code);
  }

  async tables(names: string[]): Promise<SourceTable[]> {
    const { tables } = await readCatalogue(this.connections);
    return names.map((name) => tables.find((table) => table.name === name) as SourceTable);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.connections.close();
  }
}

function only(findings: Finding[], code: string, object?: string): Finding {
  const [finding, ...more] = findings.filter(
    (candidate) => candidate.code === code && (object === undefined || candidate.object === object),
  );
  expect(more).toEqual([]);
  if (!finding) throw new Error(`no ${code} among ${findings.map((candidate) => candidate.code).join(', ')}`);
  return finding;
}

describe.each(['oldest', 'newest'] as const)('preflight of the %s PostgreSQL that is set up well', (version) => {
  let database: TestPostgres;
  let subject: Subject;
  beforeAll(async () => {
    database = await testPostgres({
      version,
      settings: { max_slot_wal_keep_size: '20GB', max_prepared_transactions: 2 },
    });
    await database.exec(`
      CREATE ROLE owner; CREATE ROLE reader LOGIN REPLICATION; CREATE ROLE plain LOGIN; CREATE ROLE "mill""er" LOGIN REPLICATION; GRANT owner TO "mill""er";
      GRANT CREATE ON DATABASE ${database.database} TO "mill""er";
      CREATE SCHEMA "S.1"; GRANT USAGE ON SCHEMA "S.1" TO owner; GRANT CREATE ON SCHEMA "S.1" TO owner; SET ROLE owner;
      CREATE TABLE "S.1".good (id int PRIMARY KEY, name text);
      CREATE TABLE "S.1".parts (id int, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
      CREATE TABLE "S.1".part1 PARTITION OF "S.1".parts FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
      RESET ROLE;`);
    subject = new Subject(database, 'mill"er');
  });
  afterAll(async () => {
    await subject.connections.close();
    await database[Symbol.asyncDispose]();
  });

  test('finds nothing for a role that may do just what is needed', async () => {
    expect(await subject.check({}, ['good'])).toEqual([]);
    expect(await subject.check({ mode: 'snapshot' }, ['good', 'parts'])).toEqual([]);
  });

  test('warns of what the log of a partitioned table lacks', async () => {
    expect(await subject.codes({}, ['parts'])).toEqual(['PARTITIONED_TABLE']);
  });

  test('asks without a plan only what concerns the server', async () => {
    expect(await subject.check()).toEqual([]);
  });

  test('a role without REPLICATION is told how to get it', async () => {
    await using plain = new Subject(database, 'plain');
    const finding = only(await plain.check(), 'NO_REPLICATION_RIGHT');
    expect(finding).toMatchObject({ severity: 'blocker', object: 'source' });
    expect(finding.fix).toContain('ALTER ROLE "plain" REPLICATION;');
    expect(await plain.codes({ mode: 'snapshot' })).toEqual([]);
  });

  test('a role that is not the owner and may not read is told both, with statements that mend it', async () => {
    await using reader = new Subject(database, 'reader');
    const findings = await reader.check({}, ['good']);
    const denied = only(findings, 'NO_SELECT', 'S.1.good');
    expect(denied.fix).toBe('GRANT USAGE ON SCHEMA "S.1" TO "reader"; GRANT SELECT ON TABLE "S.1"."good" TO "reader";');
    const foreign = only(findings, 'CANNOT_PUBLISH', 'S.1.good');
    expect(foreign.fix).toBe('GRANT "owner" TO "reader";');
    const create = only(findings, 'CANNOT_PUBLISH', 'source');
    for (const { fix } of [denied, foreign, create]) await database.exec(fix);
    expect(await reader.check({}, ['good'])).toEqual([]);
    expect(await reader.codes({ mode: 'snapshot' }, ['good'])).toEqual([]);
  });

  test('one column that the role may not read is enough', async () => {
    await database.exec(
      'CREATE TABLE public.columns_only (id int PRIMARY KEY, secret text); GRANT SELECT (id) ON public.columns_only TO plain',
    );
    await using plain = new Subject(database, 'plain');
    expect(await plain.codes({ mode: 'snapshot' }, ['columns_only'])).toEqual(['NO_SELECT']);
    await database.exec('GRANT SELECT (secret) ON public.columns_only TO plain');
    expect(await plain.codes({ mode: 'snapshot' }, ['columns_only'])).toEqual([]);
  });

  test('looks only at the columns and at the key of the plan, where there is one', async () => {
    await database.exec(`CREATE TABLE public.planned (id int PRIMARY KEY, code int NOT NULL, secret text); CREATE UNIQUE INDEX planned_code ON public.planned (code);
      ALTER TABLE public.planned OWNER TO plain; GRANT SELECT (id, code) ON public.planned TO reader`);
    await using reader = new Subject(database, 'reader');
    const [table] = await reader.tables(['planned']);
    const plan = (key: number[], columns = ['id', 'code']) =>
      ({
        tables: [{ sourceId: table?.sourceId, columns: columns.map((name) => ({ name })), key }],
      }) as unknown as Plan;
    expect(await reader.codes({ mode: 'snapshot', plan: plan([0]) })).toEqual([]);
    expect(await reader.codes({ mode: 'snapshot', plan: plan([0], ['id', 'code', 'secret']) })).toEqual(['NO_SELECT']);
    expect(await reader.codes({ mode: 'snapshot', plan: plan([]) })).toEqual(['NO_SELECT']);
    await using owner = new Subject(database);
    expect(await owner.codes({ plan: plan([0]) })).toEqual([]);
    expect(only(await owner.check({ plan: plan([1]) }), 'REPLICA_IDENTITY').fix).toBe(
      'ALTER TABLE "public"."planned" REPLICA IDENTITY USING INDEX "planned_code";',
    );
    expect(await owner.codes({ plan: plan([]) })).toEqual([]);
  });

  test('finds row-level security where it applies to the role, and only there', async () => {
    await database.exec(
      'CREATE TABLE public.secured (id int PRIMARY KEY); ALTER TABLE public.secured ENABLE ROW LEVEL SECURITY; GRANT SELECT ON public.secured TO plain; CREATE ROLE passes LOGIN BYPASSRLS; GRANT SELECT ON public.secured TO passes',
    );
    await using plain = new Subject(database, 'plain');
    const finding = only(await plain.check({ mode: 'snapshot' }, ['secured']), 'ROW_SECURITY', 'public.secured');
    await using passes = new Subject(database, 'passes');
    expect(await passes.codes({ mode: 'snapshot' }, ['secured'])).toEqual([]);
    await expect(plain.connections.query('SELECT * FROM public.secured')).rejects.toMatchObject({
      code: 'SOURCE_PERMISSION_DENIED',
    });
    await database.exec(finding.fix);
    expect(await plain.codes({ mode: 'snapshot' }, ['secured'])).toEqual([]);
    await database.exec('ALTER ROLE plain NOBYPASSRLS');
    await database.exec(
      'CREATE TABLE public.own (id int PRIMARY KEY); ALTER TABLE public.own OWNER TO plain; ALTER TABLE public.own ENABLE ROW LEVEL SECURITY',
    );
    expect(await plain.codes({ mode: 'snapshot' }, ['own'])).toEqual([]);
    await database.exec('ALTER TABLE public.own FORCE ROW LEVEL SECURITY');
    expect(await plain.codes({ mode: 'snapshot' }, ['own'])).toEqual(['ROW_SECURITY']);
  });

  test('the replica identity has to be the key, and the statement given makes it so', async () => {
    await database.exec(`
      CREATE TABLE public.pk (id int PRIMARY KEY, other int NOT NULL UNIQUE); CREATE TABLE public."no""pk" (a int NOT NULL, b int NOT NULL);
      CREATE UNIQUE INDEX "odd ix" ON public."no""pk" (b, a);`);
    await using admin = new Subject(database);
    const identity = async (table: string): Promise<Finding | undefined> =>
      (await admin.check({}, [table])).find(({ code }) => code === 'REPLICA_IDENTITY');
    expect(await identity('pk')).toBeUndefined();
    await database.exec('ALTER TABLE public.pk REPLICA IDENTITY FULL');
    expect(await identity('pk')).toBeUndefined();
    for (const wrong of ['NOTHING', 'USING INDEX pk_other_key']) {
      await database.exec(`ALTER TABLE public.pk REPLICA IDENTITY ${wrong}`);
      const finding = await identity('pk');
      expect(finding).toMatchObject({
        severity: 'blocker',
        object: 'public.pk',
        fix: 'ALTER TABLE "public"."pk" REPLICA IDENTITY DEFAULT;',
      });
      await database.exec(finding?.fix ?? '');
      expect(await identity('pk')).toBeUndefined();
    }
    for (const wrong of ['DEFAULT', 'FULL', 'NOTHING']) {
      await database.exec(`ALTER TABLE public."no""pk" REPLICA IDENTITY ${wrong}`);
      const finding = await identity('no"pk');
      expect(finding?.fix).toBe('ALTER TABLE "public"."no""pk" REPLICA IDENTITY USING INDEX "odd ix";');
      await database.exec(finding?.fix ?? '');
      expect(await identity('no"pk')).toBeUndefined();
    }
    expect(await admin.codes({ mode: 'snapshot' }, ['no"pk'])).toEqual([]);
  });

  test('looks at the replica identity of every partition', async () => {
    await using admin = new Subject(database);
    await database.exec('ALTER TABLE "S.1".part1 REPLICA IDENTITY NOTHING');
    const finding = only(await admin.check({}, ['parts']), 'REPLICA_IDENTITY', 'S.1.parts');
    expect(finding.message).toContain('S.1.part1');
    await database.exec(finding.fix);
    expect(await admin.codes({}, ['parts'])).toEqual(['PARTITIONED_TABLE']);
    await database.exec(
      'CREATE TABLE public.uparts (id int NOT NULL, v int, UNIQUE (id)) PARTITION BY RANGE (id); CREATE TABLE public.uparts1 PARTITION OF public.uparts FOR VALUES FROM (0) TO (10)',
    );
    const unique = only(await admin.check({}, ['uparts']), 'REPLICA_IDENTITY', 'public.uparts');
    await database.exec(unique.fix);
    expect(await admin.codes({}, ['uparts'])).toEqual(['PARTITIONED_TABLE']);
  });

  test('finds unlogged tables and foreign partitions where changes are followed', async () => {
    await using admin = new Subject(database);
    await database.exec(`CREATE UNLOGGED TABLE public.fast (id int PRIMARY KEY);
      CREATE FOREIGN DATA WRAPPER nowhere; CREATE SERVER away FOREIGN DATA WRAPPER nowhere;
      CREATE TABLE public.mixed (id int NOT NULL) PARTITION BY RANGE (id); CREATE FOREIGN TABLE public.abroad PARTITION OF public.mixed FOR VALUES FROM (0) TO (9) SERVER away;`);
    const finding = only(await admin.check({}, ['fast']), 'UNLOGGED_TABLE', 'public.fast');
    expect(await admin.codes({ mode: 'snapshot' }, ['fast'])).toEqual([]);
    await database.exec(finding.fix);
    expect(await admin.codes({}, ['fast'])).toEqual([]);
    expect(await admin.codes({ mode: 'snapshot' }, ['mixed'])).toEqual(['FOREIGN_PARTITION']);
    const foreign = only(await admin.check({}, ['mixed']), 'FOREIGN_PARTITION', 'public.abroad');
    await database.exec(foreign.fix);
    expect(await admin.codes({}, ['mixed'])).toEqual(['PARTITIONED_TABLE']);
  });

  test('asks for the right to read every partition where rows have no key', async () => {
    await database.exec(`CREATE TABLE public.keyless (id int) PARTITION BY RANGE (id); CREATE TABLE public.keyless1 PARTITION OF public.keyless FOR VALUES FROM (0) TO (9);
      GRANT SELECT ON public.keyless TO plain`);
    await using plain = new Subject(database, 'plain');
    const [finding] = await plain.check({ mode: 'snapshot' }, ['keyless']);
    expect(finding).toMatchObject({
      code: 'NO_SELECT',
      fix: 'GRANT SELECT ON TABLE "public"."keyless", "public"."keyless1" TO "plain";',
    });
    await database.exec(finding?.fix ?? '');
    expect(await plain.codes({ mode: 'snapshot' }, ['keyless'])).toEqual([]);
    await database.exec('ALTER TABLE public.keyless1 ENABLE ROW LEVEL SECURITY');
    expect(await plain.codes({ mode: 'snapshot' }, ['keyless'])).toEqual(['ROW_SECURITY']);
  });

  test('warns of tables that inherit in the old way', async () => {
    await using admin = new Subject(database);
    await database.exec(
      'CREATE TABLE public.animals (id int PRIMARY KEY); CREATE TABLE public.cats (lives int) INHERITS (public.animals)',
    );
    expect(only(await admin.check({ mode: 'snapshot' }, ['animals']), 'INHERITED_TABLE').message).toContain(
      'public.cats',
    );
    expect(await admin.codes({ mode: 'snapshot' }, ['cats'])).toEqual([]);
  });

  test('names transactions that a new slot would wait for', async () => {
    expect(await checkActivity(subject.connections, { longMs: 0 })).toEqual([]);
    await using holder = new Subject(database);
    const session = await holder.connections.client({ readOnly: false });
    await session.query('BEGIN');
    await session.query('CREATE TABLE public.pending (id int)');
    const [{ pid } = { pid: 0 }] = (await session.query('SELECT pg_backend_pid() AS pid')).rows as { pid: number }[];
    const findings = await checkActivity(holder.connections, { longMs: 0 });
    expect(only(findings, 'OPEN_TRANSACTION')).toMatchObject({
      severity: 'warning',
      fix: expect.stringContaining(`pg_terminate_backend(${pid})`),
    });
    expect(await checkActivity(holder.connections)).toEqual([]);
    await session.query("PREPARE TRANSACTION 'it''s late'");
    const prepared = only(await checkActivity(holder.connections, { longMs: 0 }), 'PREPARED_TRANSACTION');
    expect(prepared.fix).toContain("ROLLBACK PREPARED 'it''s late';");
    await database.exec("ROLLBACK PREPARED 'it''s late'");
    expect(await checkActivity(holder.connections, { longMs: 0 })).toEqual([]);
  });

  test('tells a slot and a publication of a former try from those of others', async () => {
    await using admin = new Subject(database);
    await database.exec(
      `SELECT pg_create_logical_replication_slot('millrace_shop_1', 'pgoutput'); SELECT pg_create_logical_replication_slot('millrace_shop_7', 'pgoutput'); SELECT pg_create_logical_replication_slot('millrace_shop_b_2', 'pgoutput')`,
    );
    await database.exec('CREATE PUBLICATION millrace_shop_1 FOR TABLE public.pk');
    const findings = await admin.check();
    expect(findings.map(({ severity, code, object }) => [severity, code, object])).toEqual([
      ['warning', 'SLOT_EXISTS', 'millrace_shop_1'],
      ['warning', 'PUBLICATION_EXISTS', 'millrace_shop_1'],
      ['info', 'SLOT_LEFT_OVER', 'millrace_shop_7'],
    ]);
    expect(await admin.codes({ resuming: true })).toEqual([]);
    expect(await admin.codes({ names: { slot: 'millrace_shop_8', publication: 'millrace_shop_8' } })).toEqual([
      'SLOT_LEFT_OVER',
    ]);
    expect(only(await subject.check(), 'PUBLICATION_EXISTS').severity).toBe('blocker');
    await database.exec("SELECT pg_drop_replication_slot('millrace_shop_1')");
    await database.exec("SELECT pg_create_logical_replication_slot('millrace_shop_1', 'test_decoding')");
    expect(only(await admin.check(), 'SLOT_EXISTS').severity).toBe('blocker');
    await database.exec(`SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots`);
    await database.exec('DROP PUBLICATION millrace_shop_1');
    expect(await admin.check()).toEqual([]);
  });

  test('a slot of the name that somebody reads is a blocker', async () => {
    await using admin = new Subject(database);
    await database.exec(
      "SELECT pg_create_logical_replication_slot('millrace_shop_1', 'pgoutput'); CREATE PUBLICATION other FOR TABLE public.pk",
    );
    const reader = await admin.connections.replicationClient();
    const streaming = reader
      .query("START_REPLICATION SLOT millrace_shop_1 LOGICAL 0/0 (proto_version '1', publication_names 'other')")
      .catch(() => {});
    const active = async (): Promise<boolean> =>
      (await database.query<{ active: boolean }>('SELECT active FROM pg_replication_slots'))[0]?.active === true;
    await waitFor(active);
    const finding = only(await admin.check(), 'SLOT_EXISTS');
    expect(finding.severity).toBe('blocker');
    reader.abort();
    await streaming;
    await waitFor(async () => !(await active()));
    await database.exec("SELECT pg_drop_replication_slot('millrace_shop_1')");
    await database.exec('DROP PUBLICATION other');
  });

  test('warns where connections run out', async () => {
    expect(await subject.codes()).toEqual([]);
    await database.exec('ALTER ROLE "mill""er" CONNECTION LIMIT 10');
    const finding = only(await subject.check(), 'FEW_CONNECTIONS_LEFT');
    expect(finding.message).toContain('mill"er');
    await database.exec(finding.fix);
    expect(await subject.codes()).toEqual([]);
  });

  test('a database whose bytes have no meaning is refused', async () => {
    const name = `${database.database}_ascii`;
    await database.exec(`CREATE DATABASE ${name} ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0`);
    const uri = new URL(database.uri);
    uri.pathname = `/${name}`;
    const connections = new PostgresConnections(uri.href);
    try {
      const findings = await runPreflight(connections, { mode: 'snapshot', maxRetainedBytes: GIB, resuming: false });
      expect(only(findings, 'SOURCE_ENCODING').severity).toBe('blocker');
    } finally {
      await connections.close();
    }
  });
});

describe.each(['oldest', 'newest'] as const)('preflight of the %s PostgreSQL that is set up badly', (version) => {
  let database: TestPostgres;
  let subject: Subject;
  beforeAll(async () => {
    const eighteen = version === 'newest' ? { idle_replication_slot_timeout: '1h' } : {};
    database = await testPostgres({
      version,
      settings: {
        wal_level: 'replica',
        max_replication_slots: 1,
        max_wal_senders: 0,
        max_connections: 15,
        max_slot_wal_keep_size: '64MB',
        wal_sender_timeout: 0,
        logical_decoding_work_mem: '1MB',
        synchronous_commit: 'local',
        synchronous_standby_names: 'nosuch',
        ...eighteen,
      },
    });
    await database.exec("SELECT pg_create_physical_replication_slot('somebody')");
    subject = new Subject(database);
  });
  afterAll(async () => {
    await subject.connections.close();
    await database[Symbol.asyncDispose]();
  });

  test('finds everything that stops a continuous job, the worst first', async () => {
    const expected = [
      ['blocker', 'WAL_LEVEL'],
      ['blocker', 'NO_FREE_SLOT'],
      ['blocker', 'NO_FREE_WAL_SENDER'],
      ['warning', 'FEW_CONNECTIONS_LEFT'],
      ['warning', 'SLOT_RETENTION_TIGHT'],
      ...(Number.parseInt(database.server.version, 10) >= 18 ? [['warning', 'IDLE_SLOT_TIMEOUT']] : []),
      ['warning', 'WAL_SENDER_TIMEOUT'],
      ['info', 'SYNCHRONOUS_STANDBY'],
      ['info', 'DECODING_MEMORY'],
    ];
    const findings = await subject.check();
    expect(findings.map(({ severity, code }) => [severity, code])).toEqual(expected);
    expect(only(findings, 'NO_FREE_SLOT').fix).toContain('somebody');
    expect(only(findings, 'WAL_LEVEL').fix).toContain("ALTER SYSTEM SET wal_level = 'logical'");
  });

  test('a snapshot needs none of it', async () => {
    expect(await subject.codes({ mode: 'snapshot' })).toEqual(['FEW_CONNECTIONS_LEFT']);
  });

  test('a job with a slot of its own needs no other', async () => {
    expect(await subject.codes({ resuming: true })).not.toContain('NO_FREE_SLOT');
  });
});

describe('preflight of a server that is no primary, or is not there', () => {
  test('a standby cannot be followed, and is read with a warning', async () => {
    await using database = await testPostgres({ version: 'newest', dedicated: true });
    await writeFile(join(database.server.dataDir, 'standby.signal'), '');
    await database.server.restart();
    await using subject = new Subject(database);
    expect(only(await subject.check(), 'SOURCE_IS_STANDBY').severity).toBe('blocker');
    expect(only(await subject.check({ mode: 'snapshot' }), 'SOURCE_IS_STANDBY').severity).toBe('warning');
  });

  test('unlimited retention is said with a bound that fits the job', async () => {
    await using database = await testPostgres();
    await using subject = new Subject(database);
    const finding = only(await subject.check(), 'SLOT_RETENTION_UNLIMITED');
    expect(finding.fix).toContain("max_slot_wal_keep_size = '15360MB'");
  });

  test('rejects with what can be made a finding', async () => {
    const connections = new PostgresConnections('postgresql://u@127.0.0.1:1/d');
    await expect(
      runPreflight(connections, { mode: 'snapshot', maxRetainedBytes: GIB, resuming: false }),
    ).rejects.toBeInstanceOf(MillraceError);
  });
});
