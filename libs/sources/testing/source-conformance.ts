import { describe, expect, test } from '@jest/globals';
import { formatCommit, type Plan, type RowChange, type TablePlan, unpackTuple } from '#model';
import type { CaptureEvent, CaptureNames, Chunk, LoadedRows, Source } from '../source.js';
import { CaptureReader } from './capture-reader.js';
import { planOfTables } from './plan-of-tables.js';

/** A fresh, empty database of one kind, and a source that reads it. */
export interface SourceContext extends AsyncDisposable {
  source: Source;
  /** How a plan names a table of this database. */
  qualified(table: string): string;
  /** One statement, in the SQL that all sources share; commits by itself. */
  exec(sql: string): Promise<void>;
  /** Statements in one transaction. */
  transaction(statements: readonly string[], end?: 'COMMIT' | 'ROLLBACK'): Promise<void>;
  names: CaptureNames;
}

type Open = () => Promise<SourceContext>;

const JOB = 'kit';
const EPOCH = 7;
const never = new AbortController().signal;
const TABLE = 'CREATE TABLE item (id int PRIMARY KEY, label varchar(40), amount numeric(12,2))';

/** What every adapter of the Source port has to hold, as its doc comments say. */
export function sourceConformance(name: string, open: Open): void {
  describe(`${name} as a Source`, () => {
    captureFacts(open);
    startFacts(open);
    loadFacts(open);
    readerFacts(open);
  });
}

function captureFacts(open: Open): void {
  test('streams what was committed after the start, in order, and nothing that was rolled back', async () => {
    await using context = await open();
    await using capture = await capturing(context, [TABLE]);
    await context.exec("INSERT INTO item VALUES (1, 'a', 1.50), (2, NULL, NULL)");
    await context.transaction(["INSERT INTO item VALUES (9, 'gone', 0)"], 'ROLLBACK');
    await context.transaction(["UPDATE item SET label = 'b' WHERE id = 1", 'DELETE FROM item WHERE id = 2']);
    const changes = rowChanges(await capture.marked());
    expect(changes.map(({ op, tuple }) => [op, tuple])).toEqual([
      ['upsert', '1\ta\t1.50'],
      ['upsert', '2\t\\N\t\\N'],
      ['upsert', '1\tb\t1.50'],
      ['delete', ''],
    ]);
    expect(new Set(changes.map((change) => change.transaction)).size).toBe(2);
    expectRising(changes);
  });

  test('makes a change of key a delete of the old key and then an upsert of the new one', async () => {
    await using context = await open();
    await using capture = await capturing(context, [TABLE, "INSERT INTO item VALUES (1, 'a', 1)"]);
    await context.exec('UPDATE item SET id = 2 WHERE id = 1');
    const changes = rowChanges(await capture.marked());
    expect(changes.map(({ op }) => op)).toEqual(['delete', 'upsert']);
    expectRising(changes);
    const rows = await capture.context.source.openReader();
    expect((await rows.page(capture.table, null, 10)).keys).toEqual([changes[1]?.key]);
    await rows.close();
  });

  test('tells a truncation, above all changes before it and below all after it', async () => {
    await using context = await open();
    await using capture = await capturing(context, [TABLE]);
    await context.exec("INSERT INTO item VALUES (1, 'a', 1)");
    await context.exec('TRUNCATE TABLE item');
    await context.exec("INSERT INTO item VALUES (2, 'b', 1)");
    const events = (await capture.marked()).filter((event) => event.op === 'upsert' || event.op === 'truncate');
    expect(events.map((event) => event.op)).toEqual(['upsert', 'truncate', 'upsert']);
    expectRising(events as { at: string }[]);
  });

  test('delivers the same changes at the same positions again until they are confirmed', async () => {
    await using context = await open();
    const { plan } = await begun(context, [TABLE]);
    for (let i = 0; i < 5; i++)
      await context.transaction([
        `INSERT INTO item VALUES (${2 * i}, 'a', 1)`,
        `INSERT INTO item VALUES (${2 * i + 1}, 'b', 2)`,
      ]);
    await context.source.writeMarker(JOB, 'end');
    const first = await readTo(context, plan, 'end');
    const second = await readTo(context, plan, 'end');
    expect(placed(second)).toEqual(placed(first));
    expect(rowChanges(first)).toHaveLength(10);
  });

  test('begins after a stop at the first transaction that was not confirmed', async () => {
    await using context = await open();
    const { plan } = await begun(context, [TABLE]);
    const stream = context.source.capture(plan, context.names, EPOCH);
    await using reader = new CaptureReader(stream);
    for (let i = 0; i < 4; i++) await context.exec(`INSERT INTO item VALUES (${i}, 'a', 1)`);
    await reader.until((event) => event.op === 'upsert' && event.tuple.startsWith('1\t'));
    await reader.until((event) => event.op === 'commit');
    reader.confirmAll();
    await reader.until((event) => event.op === 'upsert' && event.tuple.startsWith('3\t'));
    await stream.stop();
    await context.source.writeMarker(JOB, 'end');
    expect(rowChanges(await readTo(context, plan, 'end')).map(({ tuple }) => tuple[0])).toEqual(['2', '3']);
  });

  test("gives back this job's markers after all that was committed before them, and no other job's", async () => {
    await using context = await open();
    await using capture = await capturing(context, [TABLE]);
    await context.exec("INSERT INTO item VALUES (1, 'a', 1)");
    await context.source.writeMarker('other', 'x');
    const events = await capture.marked('m');
    expect(events.filter((event) => event.op === 'marker').map(({ id }) => id)).toEqual(['m']);
    expect(events.findIndex((event) => event.op === 'upsert')).toBeLessThan(
      events.findIndex((event) => event.op === 'marker'),
    );
  });

  test('ends when it is stopped, also while nothing happens', async () => {
    await using context = await open();
    const { plan } = await begun(context, [TABLE]);
    const stream = context.source.capture(plan, context.names, EPOCH);
    const ended = (async () => {
      for await (const _ of stream) void _;
    })();
    await context.source.writeMarker(JOB, 'x');
    await stream.stop();
    await ended;
  });

  test('says whether the slot is there, and removes it', async () => {
    await using context = await open();
    await begun(context, [TABLE]);
    expect(await context.source.captureHealth(context.names)).toMatchObject({ exists: true });
    await context.source.checkCapture(context.names);
    await context.source.dropCapture(context.names, 1000);
    await context.source.dropCapture(context.names, 1000);
    expect(await context.source.captureHealth(context.names)).toMatchObject({ exists: false });
    await expect(context.source.checkCapture(context.names)).rejects.toMatchObject({ retriable: false });
  });
}

function startFacts(open: Open): void {
  test('load and capture together make the table, while it is written', async () => {
    await using context = await open();
    await context.exec(TABLE);
    for (let i = 0; i < 200; i++) await context.exec(`INSERT INTO item VALUES (${i}, 'start', 0)`);
    let writing = true;
    const writers = [0, 1, 2, 3].map(async (writer) => {
      for (let round = 0; writing; round++) await context.transaction(writesOf(writer, round));
    });
    const { plan } = await begun(context, []);
    const table = plan.tables[0] as TablePlan;
    await using reader = new CaptureReader(context.source.capture(plan, context.names, EPOCH));
    const staged = new Map<string, { at: string; tuple: string }>();
    for (const chunk of await all(context.source.chunks(table, 40, never))) {
      for (const rows of await all(context.source.readChunk(table, chunk, { signal: never }))) {
        rows.keys.forEach((key, i) => {
          if (!staged.has(key)) staged.set(key, { at: '', tuple: rows.tuples[i] as string });
        });
      }
    }
    writing = false;
    await Promise.all(writers);
    await context.source.writeMarker(JOB, 'end');
    for (const { op, key, at, tuple } of rowChanges(await reader.untilMarker('end')))
      staged.set(key, { at, tuple: op === 'delete' ? '' : tuple });
    const now = await everyRow(context.source, table);
    expect(
      [...staged.values()]
        .map(({ tuple }) => tuple)
        .filter((tuple) => tuple !== '')
        .sort(),
    ).toEqual([...now.tuples].sort());
  }, 120_000);

  test('the transaction of a change that was read is visible soon, and then to every later read', async () => {
    await using context = await open();
    await using capture = await capturing(context, [TABLE]);
    await context.exec("INSERT INTO item VALUES (1, 'a', 1)");
    const [change] = rowChanges(await capture.marked()) as [RowChange];
    let visibility = await context.source.visibility();
    while (!visibility.finished(change.transaction)) visibility = await context.source.visibility();
    const reader = await context.source.openReader();
    expect((await reader.matching(capture.table, [0], [['1']])).keys).toEqual([change.key]);
    await reader.close();
  });

  test('the start lies at or below every position that is streamed later', async () => {
    await using context = await open();
    const { plan, commit } = await begun(context, [TABLE]);
    await context.exec("INSERT INTO item VALUES (1, 'a', 1)");
    await context.source.writeMarker(JOB, 'end');
    const [change] = rowChanges(await readTo(context, plan, 'end'));
    expect((change as RowChange).at > formatCommit(EPOCH, commit)).toBe(true);
  });
}

function loadFacts(open: Open): void {
  test('chunks cover every row exactly once, whatever their size', async () => {
    await using context = await open();
    await context.exec('CREATE TABLE pair (a int, b int, PRIMARY KEY (a, b))');
    for (let a = -5; a < 5; a++)
      await context.exec(
        `INSERT INTO pair VALUES ${Array.from({ length: 40 }, (_, b) => `(${a}, ${b * b - 100})`).join(', ')}`,
      );
    const table = await tableOf(context, 'pair');
    for (const target of [1, 7, 400, 100_000]) {
      const read = await loaded(context.source, table, target);
      expect(read.keys).toHaveLength(400);
      expect(new Set(read.keys).size).toBe(400);
      expect(new Set(read.tuples).size).toBe(400);
    }
  });

  test('reads after its snapshot was taken and agreed to, or not at all', async () => {
    await using context = await open();
    await context.exec(TABLE);
    await context.exec("INSERT INTO item VALUES (1, 'a', 1)");
    const table = await tableOf(context, 'item');
    const [chunk] = (await all(context.source.chunks(table, 100, never))) as [Chunk];
    const insert = async (): Promise<boolean> => {
      await context.exec("INSERT INTO item VALUES (2, 'late', 1)");
      return true;
    };
    const rows = await all(context.source.readChunk(table, chunk, { signal: never, begun: insert }));
    expect(rows.flatMap(({ tuples }) => tuples)).toEqual(['1\ta\t1.00']);
    expect(await all(context.source.readChunk(table, chunk, { signal: never, begun: async () => false }))).toEqual([]);
  });

  test('readers of one snapshot see one state', async () => {
    await using context = await open();
    await context.exec(TABLE);
    await context.exec("INSERT INTO item VALUES (1, 'a', 1)");
    const table = await tableOf(context, 'item');
    const snapshot = await context.source.openSnapshot();
    await context.exec("INSERT INTO item VALUES (2, 'late', 1)");
    expect((await loaded(context.source, table, 1, snapshot)).keys).toHaveLength(1);
    const reader = await context.source.openReader(snapshot);
    expect((await reader.page(table, null, 10)).keys).toHaveLength(1);
    await reader.close();
    await snapshot.close();
    expect((await loaded(context.source, table, 1)).keys).toHaveLength(2);
  });

  test('an empty table has no rows and no fault', async () => {
    await using context = await open();
    await context.exec(TABLE);
    expect((await loaded(context.source, await tableOf(context, 'item'), 10)).keys).toEqual([]);
  });

  test('stops reading when it is told to', async () => {
    await using context = await open();
    await context.exec(TABLE);
    await context.exec("INSERT INTO item VALUES (1, 'a', 1)");
    const table = await tableOf(context, 'item');
    const abort = new AbortController();
    const reading = all(
      context.source.readChunk(
        table,
        { table: 0, after: null, upTo: null, estimatedRows: 1 },
        {
          signal: abort.signal,
          begun: async () => {
            abort.abort();
            return true;
          },
        },
      ),
    );
    await expect(reading).rejects.toBeDefined();
  });
}

function readerFacts(open: Open): void {
  test('finds rows by one column and by several, with the keys and tuples of the load', async () => {
    await using context = await open();
    await context.exec('CREATE TABLE line (a int, b varchar(10), c int, PRIMARY KEY (a, b))');
    await context.exec("INSERT INTO line VALUES (1, 'x', 10), (1, 'y', 20), (2, 'x', NULL)");
    const table = await tableOf(context, 'line');
    const every = await loaded(context.source, table, 100);
    const reader = await context.source.openReader();
    expect(sorted(await reader.matching(table, [0], [['1'], ['2'], ['3']]))).toEqual(sorted(every));
    expect(
      (
        await reader.matching(
          table,
          [1, 0],
          [
            ['x', '2'],
            ['y', '2'],
          ],
        )
      ).tuples,
    ).toEqual(['2\tx\t\\N']);
    expect((await reader.matching(table, [2], [['20']])).tuples).toEqual(['1\ty\t20']);
    expect((await reader.matching(table, [0], [])).keys).toEqual([]);
    await reader.close();
  });

  test('pages through a table in the order of its key', async () => {
    await using context = await open();
    await context.exec(TABLE);
    await context.exec(
      `INSERT INTO item VALUES ${Array.from({ length: 25 }, (_, i) => `(${i * 3 - 30}, 'v', 1)`).join(', ')}`,
    );
    const rows = await everyRow(context.source, await tableOf(context, 'item'), 10);
    expect(rows.tuples.map((tuple) => Number(unpackTuple(tuple)[0]))).toEqual(
      Array.from({ length: 25 }, (_, i) => i * 3 - 30),
    );
  });

  test('keeps seeing the state in which it was opened', async () => {
    await using context = await open();
    await context.exec(TABLE);
    const table = await tableOf(context, 'item');
    const reader = await context.source.openReader();
    await context.exec("INSERT INTO item VALUES (1, 'a', 1)");
    expect((await reader.page(table, null, 10)).keys).toEqual([]);
    await reader.close();
  });
}

async function capturing(context: SourceContext, setup: string[]) {
  const { plan } = await begun(context, setup);
  const reader = new CaptureReader(context.source.capture(plan, context.names, EPOCH));
  return {
    context,
    table: plan.tables[0] as TablePlan,
    marked: async (id = 'end'): Promise<CaptureEvent[]> => {
      await context.source.writeMarker(JOB, id);
      return reader.untilMarker(id);
    },
    [Symbol.asyncDispose]: () => reader.stream.stop(),
  };
}

async function begun(context: SourceContext, setup: string[]): Promise<{ plan: Plan; commit: bigint }> {
  for (const sql of setup) await context.exec(sql);
  const plan = await planOf(context, 'item');
  const { commit } = await context.source.beginCapture(plan, context.names, never);
  return { plan, commit };
}

async function readTo(context: SourceContext, plan: Plan, marker: string): Promise<CaptureEvent[]> {
  await using reader = new CaptureReader(context.source.capture(plan, context.names, EPOCH));
  return await reader.untilMarker(marker);
}

async function planOf(context: SourceContext, table: string): Promise<Plan> {
  return planOfTables(await context.source.catalogue(), JOB, [context.qualified(table)]);
}

async function tableOf(context: SourceContext, table: string): Promise<TablePlan> {
  return (await planOf(context, table)).tables[0] as TablePlan;
}

/** Inserts, updates, moves and deletes on rows that all writers share. */
function writesOf(writer: number, round: number): string[] {
  const id = (writer * 53 + round * 7) % 200;
  return [
    `UPDATE item SET label = 'w${writer}r${round}', amount = amount + 1 WHERE id = ${id}`,
    `DELETE FROM item WHERE id = ${1000 + writer}`,
    `INSERT INTO item VALUES (${1000 + writer}, 'n${round}', ${round})`,
  ];
}

async function loaded(
  source: Source,
  table: TablePlan,
  target: number,
  snapshot?: Awaited<ReturnType<Source['openSnapshot']>>,
): Promise<LoadedRows> {
  const rows: LoadedRows = { keys: [], tuples: [], bytes: 0 };
  for (const chunk of await all(source.chunks(table, target, never))) {
    for await (const part of source.readChunk(table, chunk, { signal: never, ...(snapshot ? { snapshot } : {}) })) {
      expect(part.keys).toHaveLength(part.tuples.length);
      rows.keys.push(...part.keys);
      rows.tuples.push(...part.tuples);
    }
  }
  return rows;
}

async function everyRow(source: Source, table: TablePlan, limit = 50): Promise<LoadedRows> {
  const rows: LoadedRows = { keys: [], tuples: [], bytes: 0 };
  const reader = await source.openReader();
  for (let after: string[] | null = null; ; ) {
    const page = await reader.page(table, after, limit);
    rows.keys.push(...page.keys);
    rows.tuples.push(...page.tuples);
    const last = page.tuples.at(-1);
    if (last === undefined) break;
    after = table.key.map((column) => unpackTuple(last)[column] as string);
  }
  await reader.close();
  return rows;
}

async function all<T>(iterable: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of iterable) items.push(item);
  return items;
}

function rowChanges(events: readonly CaptureEvent[]): RowChange[] {
  return events.filter((event): event is RowChange => event.op === 'upsert' || event.op === 'delete');
}

/** Ends on an idle source may differ from one reading to the next: what has a position may not. */
function placed(events: readonly CaptureEvent[]): CaptureEvent[] {
  return events.filter((event) => 'at' in event);
}

function sorted(rows: LoadedRows): string[] {
  return rows.keys.map((key, i) => `${key} ${rows.tuples[i]}`).sort();
}

function expectRising(changes: readonly { at: string }[]): void {
  for (let i = 1; i < changes.length; i++) expect((changes[i]?.at ?? '') > (changes[i - 1]?.at ?? '')).toBe(true);
}
