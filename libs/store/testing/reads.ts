import { expect, test } from '@jest/globals';
import { Decimal128, Double, Int32, Long } from 'bson';
import { type Doc } from '../store.js';
import { DOCUMENTS, FENCES, type Make, prepared, ROWS } from './kit.js';

/** Of the Store kit: patches, reads, values and collections. */
export function patchTests(make: Make): void {
  test.each(['transaction', 'single write'])('changes fields and returns the document after it (%s)', async (kind) => {
    await using context = await prepared(make);
    const { store } = context;
    await store.write.insert(ROWS, [
      { _id: 'a', n: 1, gone: 1, list: [{ at: 'x' }, { at: 'y' }, { at: 'z' }], deep: { keep: 1 } },
    ]);
    const patch = {
      where: { n: 1, absent: null, 'deep.keep': 1 },
      set: { 'deep.set': 'new' },
      unset: ['gone'],
      inc: { n: 4, fresh: 2 },
      push: { log: [1, 2] },
      pull: { list: { key: 'at', values: ['x', 'z'] } },
    };
    const after = await (kind === 'transaction'
      ? store.transact('test', (tx) => tx.patch(ROWS, 'a', patch))
      : store.write.patch(ROWS, 'a', patch));
    expect(after).toEqual({
      _id: 'a',
      n: 5,
      list: [{ at: 'y' }],
      deep: { keep: 1, set: 'new' },
      fresh: 2,
      log: [1, 2],
    });
    expect(await store.read.byId(ROWS, 'a')).toEqual(after);
  });

  test('changes nothing where a guard does not hold or the document is not there', async () => {
    await using context = await prepared(make);
    const { store } = context;
    await store.write.insert(ROWS, [{ _id: 'a', n: 1 }]);
    expect(await store.write.patch(ROWS, 'a', { where: { n: 2 }, set: { n: 3 } })).toBeUndefined();
    expect(await store.write.patch(ROWS, 'a', { where: { n: null }, set: { n: 3 } })).toBeUndefined();
    expect(await store.write.patch(ROWS, 'x', { set: { n: 3 } })).toBeUndefined();
    expect(
      await store.transact('test', (tx) => tx.patch(ROWS, 'a', { where: { other: 1 }, inc: { n: 1 } })),
    ).toBeUndefined();
    expect(await store.read.byIds(ROWS, ['a', 'x'])).toEqual([{ _id: 'a', n: 1 }]);
  });

  test('takes an object in a guard for a value', async () => {
    await using context = await prepared(make);
    const { store } = context;
    await store.write.insert(ROWS, [{ _id: 'a', owner: { id: 1 } }]);
    expect(await store.write.patch(ROWS, 'a', { where: { owner: { id: 1 } }, set: { n: 1 } })).toMatchObject({ n: 1 });
    expect(await store.write.patch(ROWS, 'a', { where: { owner: { $gt: 0 } }, set: { n: 2 } })).toBeUndefined();
  });
}

export function readTests(make: Make): void {
  test('sees at once all that this store has written', async () => {
    await using context = await prepared(make);
    const { store } = context;
    for (let n = 1; n <= 20; n++) {
      await store.transact('test', (tx) => tx.put(ROWS, [{ _id: 'a', n }]));
      expect(await store.read.byId(ROWS, 'a')).toEqual({ _id: 'a', n });
    }
  });

  test('sees what another process did before the time that it told', async () => {
    await using context = await prepared(make);
    const { store, other } = context;
    for (let n = 1; n <= 20; n++) {
      await other.transact('test', (tx) => tx.put(ROWS, [{ _id: 'a', n }]));
      const time = other.time() as string;
      store.reach(time);
      expect(await store.transact('test', (tx) => tx.byId(ROWS, 'a'))).toEqual({ _id: 'a', n });
      expect(await store.read.byId(ROWS, 'a')).toEqual({ _id: 'a', n });
    }
  });

  test('pages a range in `_id` order, above `after`, up to and including `upTo`', async () => {
    await using context = await prepared(make);
    const { store } = context;
    await store.write.insert(
      ROWS,
      ['d', 'b', 'e', 'a', 'c'].map((_id) => ({ _id })),
    );
    const ids = async (range: { after?: unknown; upTo?: unknown }, limit: number) =>
      (await store.read.range(ROWS, range, { limit })).map(({ _id }) => _id);
    expect(await ids({}, 10)).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(await ids({}, 2)).toEqual(['a', 'b']);
    expect(await ids({ after: 'b' }, 2)).toEqual(['c', 'd']);
    expect(await ids({ after: 'b', upTo: 'd' }, 10)).toEqual(['c', 'd']);
    expect(await ids({ upTo: 'b' }, 10)).toEqual(['a', 'b']);
  });

  test('finds documents by a field up to a value, the lowest first, and none of another type', async () => {
    await using context = await prepared(make);
    const { store } = context;
    const at = (ms: number) => new Date(ms);
    await store.write.insert(ROWS, [
      { _id: 'late', at: at(30) },
      { _id: 'second', at: at(20) },
      { _id: 'first', at: at(10) },
      { _id: 'never', at: null },
      { _id: 'number', at: 5 },
      { _id: 'absent' },
    ]);
    const ids = async (ms: number, limit: number) =>
      (await store.read.upTo(ROWS, 'at', at(ms), { limit })).map(({ _id }) => _id);
    expect(await ids(20, 10)).toEqual(['first', 'second']);
    expect(await ids(100, 2)).toEqual(['first', 'second']);
    expect(await ids(9, 10)).toEqual([]);
  });

  test('tells the nth `_id` above another, and that there are fewer', async () => {
    await using context = await prepared(make);
    const { store } = context;
    await store.write.insert(
      ROWS,
      ['d', 'b', 'e', 'a', 'c'].map((_id) => ({ _id })),
    );
    expect(await store.read.nthId(ROWS, undefined, 1)).toBe('a');
    expect(await store.read.nthId(ROWS, undefined, 5)).toBe('e');
    expect(await store.read.nthId(ROWS, undefined, 6)).toBeUndefined();
    expect(await store.read.nthId(ROWS, 'b', 2)).toBe('d');
    expect(await store.read.nthId(ROWS, 'd', 2)).toBeUndefined();
  });

  test('pages a range over `_id`s of all types without a gap', async () => {
    await using context = await prepared(make);
    const { store } = context;
    const ids = [null, 1, 2.5, 'a', 'b', { x: 1 }, { x: 2 }, true, new Date(0)];
    await store.write.insert(
      DOCUMENTS,
      ids.map((_id) => ({ _id })),
    );
    const seen: unknown[] = [];
    for (let page: Doc[] = []; ; seen.push(page[0]?._id)) {
      page = await store.read.range(DOCUMENTS, seen.length === 0 ? {} : { after: seen.at(-1) }, { limit: 1 });
      if (page.length === 0) break;
    }
    expect(seen).toEqual(ids);
    const upTo = await store.read.range(DOCUMENTS, { after: 2.5, upTo: { x: 1 } }, { limit: 10 });
    expect(upTo.map(({ _id }) => _id)).toEqual(['a', 'b', { x: 1 }]);
  });

  test('finds by a dotted field, in `_id` order where limited, above `after`', async () => {
    await using context = await prepared(make);
    const { store } = context;
    await store.createIndex(ROWS, 'k.j0', { thenId: true });
    await store.write.insert(
      ROWS,
      ['d', 'b', 'a', 'c', 'x'].map((_id) => ({ _id, k: { j0: _id === 'x' ? 'other' : 'same' } })),
    );
    const ids = async (options: object) =>
      (await store.read.byField(ROWS, 'k.j0', ['same', 'none'], options)).map(({ _id }) => _id);
    expect((await ids({})).sort()).toEqual(['a', 'b', 'c', 'd']);
    expect(await ids({ limit: 2 })).toEqual(['a', 'b']);
    expect(await ids({ limit: 2, after: 'b' })).toEqual(['c', 'd']);
    expect((await ids({ after: 'b' })).sort()).toEqual(['c', 'd']);
  });

  test('gives only the fields asked for, and the `_id`', async () => {
    await using context = await prepared(make);
    const { store } = context;
    await store.write.insert(ROWS, [{ _id: 'a', n: 1, at: 'x', c: 'columns' }]);
    expect(await store.read.byIds(ROWS, ['a'], { fields: ['at', 'n'] })).toEqual([{ _id: 'a', n: 1, at: 'x' }]);
    expect(await store.read.byId(ROWS, 'a', { fields: [] })).toEqual({ _id: 'a' });
  });
}

export function valueTests(make: Make): void {
  test('keeps BSON types apart where `exact` is asked for, and promotes them elsewhere', async () => {
    await using context = await prepared(make);
    const { store } = context;
    const values = {
      int: new Int32(1),
      double: new Double(1),
      long: 1n,
      large: 9_007_199_254_740_993n,
      negative: new Double(-0),
      nan: new Double(Number.NaN),
      decimal: Decimal128.fromString('1.10'),
    };
    await store.transact('test', (tx) => tx.insert(DOCUMENTS, [{ _id: new Int32(1), ...values }]));
    const exact = (await store.read.byId(DOCUMENTS, 1, { exact: true })) as Doc;
    expect(exact._id).toEqual(new Int32(1));
    expect(exact.int).toEqual(new Int32(1));
    expect(exact.double).toEqual(new Double(1));
    expect(exact.long).toEqual(Long.fromBigInt(1n));
    expect(exact.large).toEqual(Long.fromBigInt(9_007_199_254_740_993n));
    expect(Object.is((exact.negative as Double).value, -0)).toBe(true);
    expect(Number.isNaN((exact.nan as Double).value)).toBe(true);
    expect(String(exact.decimal)).toBe('1.10');
    const promoted = (await store.transact('test', (tx) => tx.byId(DOCUMENTS, 1))) as Doc;
    expect(promoted).toMatchObject({ _id: 1, int: 1, double: 1, long: 1 });
  });

  test('writes back what it has read exactly', async () => {
    await using context = await prepared(make);
    const { store } = context;
    await store.write.insert(DOCUMENTS, [
      { _id: 1, d: new Double(2), l: 2n, nested: { list: [new Double(3), new Int32(3)] } },
    ]);
    const read = (await store.read.byId(DOCUMENTS, 1, { exact: true })) as Doc;
    await store.transact('test', (tx) => tx.replace(DOCUMENTS, [read]));
    expect(await store.read.byId(DOCUMENTS, 1, { exact: true })).toEqual(read);
  });

  test('keeps the order of fields', async () => {
    await using context = await prepared(make);
    const { store } = context;
    await store.transact('test', (tx) => tx.insert(DOCUMENTS, [{ _id: 1, z: 1, a: { y: 1, b: 2 }, m: 3 }]));
    const read = (await store.read.byId(DOCUMENTS, 1)) as Doc & { a: object };
    expect([Object.keys(read), Object.keys(read.a)]).toEqual([
      ['_id', 'z', 'a', 'm'],
      ['y', 'b'],
    ]);
  });
}

export function collectionTests(make: Make): void {
  test('makes collections and indexes again without error, and drops what is and what is not there', async () => {
    await using context = await prepared(make);
    const { store } = context;
    for (let i = 0; i < 2; i++) {
      await store.createCollection(ROWS, { changedByKey: i === 1 });
      await store.createIndex(ROWS, 'k.j0');
    }
    await store.write.insert(ROWS, [{ _id: 'a' }]);
    for (let i = 0; i < 2; i++) await store.drop(ROWS);
    expect(await store.read.byId(ROWS, 'a')).toBeUndefined();
    expect(await store.collections('state')).not.toContain(ROWS.name);
  });

  test('lists and counts collections, and drops the state without touching the target', async () => {
    await using context = await prepared(make);
    const { store } = context;
    await store.write.insert(ROWS, [{ _id: 'a' }, { _id: 'b' }]);
    await store.write.insert(DOCUMENTS, [{ _id: 1 }]);
    expect((await store.collections('state')).sort()).toEqual([FENCES.name, ROWS.name]);
    expect(await store.estimatedCount(ROWS)).toBe(2);
    await store.dropState();
    await store.dropState();
    expect(await store.collections('state')).toEqual([]);
    expect(await store.read.byId(DOCUMENTS, 1)).toEqual({ _id: 1 });
  });

  test('describes what it stands on', async () => {
    await using context = await prepared(make);
    const { historySeconds = 0, ...described } = await context.store.describe();
    expect(historySeconds).toBeGreaterThanOrEqual(0);
    expect(described).toEqual({
      version: expect.any(String),
      topology: expect.stringMatching(/replicaSet|sharded/),
    });
  });
}
