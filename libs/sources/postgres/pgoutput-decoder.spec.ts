import { describe, expect, test } from '@jest/globals';
import { formatPosition, type TablePlan } from '#model';
import { type DecodedEvent, PgoutputDecoder } from './pgoutput-decoder.js';
import { TransactionIds } from './transaction-id.js';

type Field = string | null | undefined;

const u8 = (n: number): Buffer => Buffer.from([n]);
const u16 = (n: number): Buffer => {
  const b = Buffer.alloc(2);
  b.writeUInt16BE(n);
  return b;
};
const u32 = (n: number): Buffer => {
  const b = Buffer.alloc(4);
  b.writeInt32BE(n | 0);
  return b;
};
const u64 = (n: bigint): Buffer => {
  const b = Buffer.alloc(8);
  b.writeBigInt64BE(n);
  return b;
};
const text = (s: string): Buffer => Buffer.from(`${s}\0`);
const tag = (s: string): Buffer => Buffer.from(s);

function tuple(fields: Field[]): Buffer {
  const parts = fields.map((field) => {
    if (field === null) return tag('n');
    if (field === undefined) return tag('u');
    const bytes = Buffer.from(field);
    return Buffer.concat([tag('t'), u32(bytes.length), bytes]);
  });
  return Buffer.concat([u16(fields.length), ...parts]);
}

const begin = (lsn: bigint, xid = 700): Buffer => Buffer.concat([tag('B'), u64(lsn), u64(0n), u32(xid)]);
const commit = (lsn: bigint, end: bigint): Buffer =>
  Buffer.concat([tag('C'), u8(0), u64(lsn), u64(end), u64(1_000_000n)]);
const relation = (id: number, columns: string[], keys: string[], identity = 'd'): Buffer =>
  Buffer.concat([
    tag('R'),
    u32(id),
    text('public'),
    text('t'),
    tag(identity),
    u16(columns.length),
    ...columns.flatMap((name) => [u8(keys.includes(name) ? 1 : 0), text(name), u32(25), u32(-1)]),
  ]);
const insert = (id: number, fields: Field[]): Buffer => Buffer.concat([tag('I'), u32(id), tag('N'), tuple(fields)]);
const update = (id: number, fields: Field[], old?: { kind: 'K' | 'O'; fields: Field[] }): Buffer =>
  Buffer.concat([tag('U'), u32(id), ...(old ? [tag(old.kind), tuple(old.fields)] : []), tag('N'), tuple(fields)]);
const remove = (id: number, kind: 'K' | 'O', fields: Field[]): Buffer =>
  Buffer.concat([tag('D'), u32(id), tag(kind), tuple(fields)]);
const truncate = (...ids: number[]): Buffer => Buffer.concat([tag('T'), u32(ids.length), u8(0), ...ids.map(u32)]);
const message = (prefix: string, content: string, transactional = true): Buffer =>
  Buffer.concat([
    tag('M'),
    u8(transactional ? 1 : 0),
    u64(5n),
    text(prefix),
    u32(content.length),
    Buffer.from(content),
  ]);

const TEXT = { kind: 'text', name: 'text' } as const;

function table(index: number, sourceId: string, columns: string[], key: number[]): TablePlan {
  return {
    index,
    sourceId,
    schema: 'public',
    name: 't',
    columns: columns.map((name) => ({ name, type: TEXT, nullable: true })),
    key,
    joins: [],
    nodes: [],
    hasExpressions: false,
  };
}

function decode(messages: Buffer[], tables = [table(0, '100', ['id', 'a', 'b'], [0])]): DecodedEvent[] {
  const decoder = new PgoutputDecoder({
    tables,
    epoch: 1,
    markerPrefix: 'millrace_shop',
    transactionIds: new TransactionIds(1000n),
  });
  const out: DecodedEvent[] = [];
  // The message stands behind the header of XLogData, as it does on the wire.
  for (const bytes of messages) decoder.decode(Buffer.concat([Buffer.alloc(25), bytes]), 25, out);
  return out.filter((event) => event.op !== 'relation');
}

const at = (ordinal: number): string => formatPosition(1, 16n, ordinal);
const R = relation(100, ['id', 'a', 'b'], ['id']);

describe('the decoder of pgoutput', () => {
  test('makes changes with positions of commit and ordinal, and a commit to confirm', () => {
    expect(
      decode([begin(16n), R, insert(100, ['1', 'x', null]), remove(100, 'K', ['2', null, null]), commit(16n, 24n)]),
    ).toEqual([
      { op: 'upsert', table: 0, key: 'T1', at: at(0), tuple: '1\tx\t\\N', transaction: '700' },
      { op: 'delete', table: 0, key: 'T2', at: at(1), tuple: '', transaction: '700' },
      { op: 'commit', confirm: 24n, committedAtMs: 946_684_801_000 },
    ]);
  });

  test('counts an update as two ordinals, whether its key changes or not', () => {
    const events = decode([
      begin(16n),
      R,
      update(100, ['1', 'x', 'y']),
      update(100, ['2', 'x', 'y'], { kind: 'K', fields: ['1', null, null] }),
      insert(100, ['3', 'x', 'y']),
    ]);
    expect(events).toMatchObject([
      { op: 'upsert', key: 'T1', at: at(0) },
      { op: 'delete', key: 'T1', at: at(2) },
      { op: 'upsert', key: 'T2', at: at(3) },
      { op: 'upsert', key: 'T3', at: at(4) },
    ]);
  });

  test('names the columns that the log left out, and says so where the key changed with them', () => {
    const events = decode([
      begin(16n),
      R,
      update(100, ['1', undefined, 'y']),
      update(100, ['2', 'x', undefined], { kind: 'K', fields: ['1', null, null] }),
    ]);
    expect(events[0]).toEqual({
      op: 'upsert',
      table: 0,
      key: 'T1',
      at: at(0),
      tuple: '1\t\\N\ty',
      transaction: '700',
      missing: [1],
    });
    expect(events[2]).toMatchObject({ op: 'upsert', key: 'T2', missing: [2], keyChanged: true });
    expect(events[0]).not.toHaveProperty('keyChanged');
  });

  test('takes what the log left out from a full old image', () => {
    const [event] = decode([
      begin(16n),
      R,
      update(100, ['1', undefined, 'y'], { kind: 'O', fields: ['1', 'old', 'z'] }),
    ]);
    expect(event).toMatchObject({ op: 'upsert', tuple: '1\told\ty' });
    expect(event).not.toHaveProperty('missing');
  });

  test('takes a large key that did not change from the old tuple', () => {
    expect(
      decode([begin(16n), R, update(100, [undefined, 'x', 'y'], { kind: 'K', fields: ['big', null, null] })]),
    ).toMatchObject([{ op: 'upsert', key: 'Tbig', at: at(0), missing: [0] }]);
  });

  test('takes an update between canonically equal keys for one update', () => {
    const numbers: TablePlan = {
      ...table(0, '100', ['id', 'a'], [0]),
      columns: [
        { name: 'id', type: { kind: 'numeric', name: 'numeric' }, nullable: false },
        { name: 'a', type: TEXT, nullable: true },
      ],
    };
    expect(
      decode(
        [
          begin(16n),
          relation(100, ['id', 'a'], ['id']),
          update(100, ['1.00', 'x'], { kind: 'K', fields: ['1.0', null] }),
        ],
        [numbers],
      ),
    ).toMatchObject([{ op: 'upsert', tuple: '1.00\tx', at: at(0) }]);
  });

  test('packs the columns of the plan, in its order, by name', () => {
    const planned = table(0, '100', ['b', 'id'], [1]);
    expect(decode([begin(16n), R, insert(100, ['1', 'x', 'y'])], [planned])).toMatchObject([
      { key: 'T1', tuple: 'y\t1' },
    ]);
  });

  test('counts the changes of tables that are not in the plan, and hands none of them over', () => {
    expect(
      decode([
        begin(16n),
        R,
        relation(101, ['id'], ['id']),
        insert(101, ['9']),
        update(101, ['9']),
        truncate(101, 100),
        insert(100, ['1', null, null]),
      ]),
    ).toMatchObject([
      { op: 'truncate', table: 0, at: at(4) },
      { op: 'upsert', at: at(5) },
    ]);
  });

  test("gives back this job's markers only, and only those in a transaction", () => {
    expect(
      decode([
        message('millrace_shop', 'outside', false),
        begin(16n),
        message('millrace_other', 'x'),
        message('millrace_shop', 'm1'),
        message('millrace_shop', 'm2', false),
      ]),
    ).toMatchObject([{ op: 'marker', id: 'm1' }]);
  });

  test('escapes what would part fields or lines, and keeps other text as it is', () => {
    const [event] = decode([begin(16n), R, insert(100, ['k\t1', 'a\\N\n', 'Grüße 𝄞'])]);
    expect(event).toMatchObject({ key: 'Tk\t1', tuple: 'k\\t1\ta\\\\N\\n\tGrüße 𝄞' });
  });

  test('packs values larger than its scratch space', () => {
    const large = 'x\n'.repeat(200_000);
    const [event] = decode([begin(16n), R, insert(100, ['1', large, null])]);
    expect((event as { tuple: string }).tuple).toBe(`1\t${'x\\n'.repeat(200_000)}\t\\N`);
  });

  test('offers the end of the log for confirmation, but never inside a transaction nor below the last commit', () => {
    const decoder = new PgoutputDecoder({
      tables: [],
      epoch: 1,
      markerPrefix: 'p',
      transactionIds: new TransactionIds(1000n),
    });
    const out: DecodedEvent[] = [];
    decoder.decode(begin(16n), 0, out);
    decoder.keepalive(99n, 1, out);
    expect(out).toEqual([]);
    decoder.decode(commit(16n, 24n), 0, out);
    decoder.keepalive(20n, 2, out);
    expect(out).toMatchObject([{ op: 'commit', confirm: 24n }]);
    decoder.keepalive(40n, 3, out);
    expect(out).toEqual([{ op: 'commit', confirm: 40n, committedAtMs: 3 }]);
  });

  test('lets one commit stand for several that follow one another', () => {
    expect(decode([begin(16n), commit(16n, 24n), begin(32n), commit(32n, 40n)])).toMatchObject([
      { op: 'commit', confirm: 40n },
    ]);
  });
});
