import { describe, expect, test } from '@jest/globals';
import { type Doc, DocumentRefused, FenceMissing } from '../store.js';
import { byId, type Counted, DOCUMENTS, FENCES, type Make, prepared, rejection, ROWS } from './kit.js';
import { collectionTests, patchTests, readTests, valueTests } from './reads.js';

export type { StoreContext } from './kit.js';

/** What every adapter of the Store port must do. */
export function describeStore(name: string, make: Make): void {
  describe(`${name} as a store`, () => {
    describe('transactions', () => transactionTests(make));
    describe('fences', () => fenceTests(make));
    describe('refused documents', () => refusalTests(make));
    describe('bulks', () => bulkTests(make));
    describe('patches', () => patchTests(make));
    describe('reads', () => readTests(make));
    describe('values', () => valueTests(make));
    describe('collections', () => collectionTests(make));
  });
}

function transactionTests(make: Make): void {
  test('commits all of its writes together, and returns what the work returns', async () => {
    await using context = await prepared(make);
    const { store } = context;
    const result = await store.transact('test', async (tx) => {
      await tx.insert(ROWS, [{ _id: 'a', n: 1 }]);
      await tx.insert(DOCUMENTS, [{ _id: 1, n: 1 }]);
      return 'done';
    });
    expect(result).toBe('done');
    expect(await store.read.byId(ROWS, 'a')).toEqual({ _id: 'a', n: 1 });
    expect(await store.read.byId(DOCUMENTS, 1)).toEqual({ _id: 1, n: 1 });
  });

  test('leaves nothing where the work throws, and rejects with what it threw', async () => {
    await using context = await prepared(make);
    const { store } = context;
    const failing = store.transact('test', async (tx) => {
      await tx.insert(ROWS, [{ _id: 'a', n: 1 }]);
      throw new Error('thrown by the work');
    });
    await expect(failing).rejects.toThrow('thrown by the work');
    expect(await store.read.byId(ROWS, 'a')).toBeUndefined();
  });

  test('reads one snapshot, taken at its first operation, and its own writes', async () => {
    await using context = await prepared(make);
    const { store } = context;
    await store.write.insert(ROWS, [
      { _id: 'a', n: 1 },
      { _id: 'b', n: 1 },
    ]);
    const seen = await store.transact('test', async (tx) => {
      await tx.byId(ROWS, 'a');
      await store.transact('meanwhile', async (other) => {
        await other.replace(ROWS, [{ _id: 'b', n: 2 }]);
        await other.insert(ROWS, [{ _id: 'c', n: 2 }]);
      });
      await tx.insert(ROWS, [{ _id: 'own', n: 3 }]);
      return tx.byIds<Counted>(ROWS, ['b', 'c', 'own']);
    });
    expect(byId(seen)).toEqual([
      { _id: 'b', n: 1 },
      { _id: 'own', n: 3 },
    ]);
    expect(byId(await store.read.byIds<Counted>(ROWS, ['b', 'c']))).toEqual([
      { _id: 'b', n: 2 },
      { _id: 'c', n: 2 },
    ]);
  });

  test('runs its work again from the start where another transaction was faster', async () => {
    await using context = await prepared(make);
    const { store } = context;
    await store.write.insert(ROWS, [{ _id: 'a', n: 0 }]);
    let runs = 0;
    await store.transact('slow', async (tx) => {
      runs++;
      const row = (await tx.byId<Counted>(ROWS, 'a')) as Counted;
      if (runs === 1) await store.transact('fast', (other) => other.replace(ROWS, [{ _id: 'a', n: 10 }]));
      await tx.replace(ROWS, [{ _id: 'a', n: row.n + 1 }]);
    });
    expect(runs).toBe(2);
    expect(await store.read.byId(ROWS, 'a')).toEqual({ _id: 'a', n: 11 });
  });

  test('does not commit work that swallowed the failure of a call', async () => {
    await using context = await prepared(make);
    const { store } = context;
    await store.write.insert(ROWS, [{ _id: 'a', n: 0 }]);
    const swallowing = store.transact('test', async (tx) => {
      await tx.insert(ROWS, [{ _id: 'b', n: 1 }]);
      await tx.insert(ROWS, [{ _id: 'a', n: 1 }]).catch(() => undefined);
    });
    await expect(swallowing).rejects.toBeInstanceOf(DocumentRefused);
    expect(await store.read.byId(ROWS, 'b')).toBeUndefined();
  });

  test('rejects with the reason of its signal: raised before, and while it repeats', async () => {
    await using context = await prepared(make);
    const { store } = context;
    await store.write.insert(ROWS, [{ _id: 'a', n: 0 }]);
    await expect(store.transact('test', async () => 1, AbortSignal.abort(new Error('before')))).rejects.toThrow(
      'before',
    );
    const aborting = new AbortController();
    let runs = 0;
    const repeating = store.transact(
      'test',
      async (tx) => {
        await tx.byId(ROWS, 'a');
        await store.transact('faster', (other) => other.patch(ROWS, 'a', { inc: { n: 1 } }));
        if (++runs === 3) aborting.abort(new Error('while it repeats'));
        await tx.patch(ROWS, 'a', { inc: { n: 100 } });
      },
      aborting.signal,
    );
    await expect(repeating).rejects.toThrow('while it repeats');
    expect(await store.read.byId(ROWS, 'a')).toEqual({ _id: 'a', n: 3 });
  });
}

function fenceTests(make: Make): void {
  test('raises what a fence is told to, never lowers it, and returns the fence as it was', async () => {
    await using context = await make();
    const { store } = context;
    await store.write.put(FENCES, [{ _id: 'raised', n: 0, position: '05' }]);
    const seen: unknown[] = [];
    for (const position of ['07', '06', '']) {
      seen.push((await store.transact('test', (tx) => tx.fence(FENCES, 'raised', { position }))).position);
    }
    const fence = await store.read.byId(FENCES, 'raised');
    expect([seen, fence?.position, Number(fence?.n)]).toEqual([['05', '07', '07'], '07', 3]);
  });

  test('makes the transactions of one partition serial: no update is lost, and all complete', async () => {
    await using context = await prepared(make);
    const { store } = context;
    await store.write.insert(FENCES, [{ _id: 'p0', n: 0 }]);
    await store.write.insert(ROWS, [{ _id: 'sum', n: 0 }]);
    const lanes = Array.from({ length: 4 }, async () => {
      for (let i = 0; i < 5; i++) {
        await store.transact('add', async (tx) => {
          await tx.fence(FENCES, 'p0');
          const sum = (await tx.byId<Counted>(ROWS, 'sum')) as Counted;
          await tx.replace(ROWS, [{ _id: 'sum', n: sum.n + 1 }]);
        });
      }
    });
    await Promise.all(lanes);
    expect(await store.read.byId(ROWS, 'sum')).toEqual({ _id: 'sum', n: 20 });
    expect(await store.read.byId(FENCES, 'p0')).toEqual({ _id: 'p0', n: 20 });
  });

  test('returns the fence as it was before the increment, with all its fields', async () => {
    await using context = await prepared(make);
    const { store } = context;
    await store.write.insert(FENCES, [{ _id: 'p0', n: 6, at: 'x', former: [] }]);
    const fence = await store.transact('test', (tx) => tx.fence(FENCES, 'p0'));
    expect(fence).toEqual({ _id: 'p0', n: 6, at: 'x', former: [] });
    expect(Number((await store.read.byId(FENCES, 'p0'))?.n)).toBe(7);
  });

  test('ends the transaction even where the work goes on without its fence', async () => {
    await using context = await prepared(make);
    const { store } = context;
    const careless = store.transact('test', async (tx) => {
      await tx.fence(FENCES, 'p0').catch(() => undefined);
      await tx.insert(ROWS, [{ _id: 'a', n: 1 }]);
    });
    await expect(careless).rejects.toBeInstanceOf(FenceMissing);
    expect(await store.read.byId(ROWS, 'a')).toBeUndefined();
  });

  test('is never made by its user: where it is gone the transaction ends with FenceMissing', async () => {
    await using context = await prepared(make);
    const { store } = context;
    const orphan = store.transact('test', async (tx) => {
      await tx.insert(ROWS, [{ _id: 'a', n: 1 }]);
      await tx.fence(FENCES, 'p0');
    });
    await expect(orphan).rejects.toBeInstanceOf(FenceMissing);
    expect(await store.read.byIds(FENCES, ['p0'])).toEqual([]);
    expect(await store.read.byId(ROWS, 'a')).toBeUndefined();
  });
}

function refusalTests(make: Make): void {
  test.each(['transaction', 'single write'])('names the position and the index of a duplicate (%s)', async (kind) => {
    await using context = await prepared(make);
    const { store } = context;
    await store.write.insert(DOCUMENTS, [{ _id: 7 }]);
    const docs = [{ _id: 5 }, { _id: 6 }, { _id: 7, secret: 'value' }, { _id: 8 }];
    const inserting =
      kind === 'transaction'
        ? store.transact('test', (tx) => tx.insert(DOCUMENTS, docs))
        : store.write.insert(DOCUMENTS, docs);
    const refused = await rejection(inserting);
    expect(refused).toMatchObject({ kind: 'duplicate', index: 2, indexName: '_id_', collection: DOCUMENTS });
    expect(String(refused)).not.toContain('secret');
    if (kind === 'transaction') expect(await store.read.byId(DOCUMENTS, 5)).toBeUndefined();
  });

  test('names the unique index of the user’s that a replacement violates', async () => {
    await using context = await prepared(make);
    const { store } = context;
    await context.makeUniqueIndex(DOCUMENTS, 'email', 'one_per_email');
    await store.write.insert(DOCUMENTS, [
      { _id: 1, email: 'a@example.org' },
      { _id: 2, email: 'b@example.org' },
    ]);
    const refused = await rejection(
      store.transact('test', (tx) =>
        tx.replace(DOCUMENTS, [
          { _id: 1, email: 'c@example.org' },
          { _id: 2, email: 'c@example.org' },
        ]),
      ),
    );
    expect(refused).toMatchObject({ kind: 'duplicate', index: 1, indexName: 'one_per_email' });
    expect(String(refused)).not.toContain('c@example.org');
    expect(await store.read.byId(DOCUMENTS, 1)).toMatchObject({ email: 'a@example.org' });
  });

  test('tells a document that is too large', async () => {
    await using context = await prepared(make);
    const { store } = context;
    const docs = [{ _id: 1 }, { _id: 2, text: 'x'.repeat(16 * 1024 * 1024) }];
    const refused = await rejection(store.transact('test', (tx) => tx.insert(DOCUMENTS, docs)));
    expect(refused).toMatchObject({ kind: 'tooLarge', index: 1 });
    expect(await store.read.byId(DOCUMENTS, 1)).toBeUndefined();
  });

  test('refuses a document that is no BSON, by its position', async () => {
    await using context = await prepared(make);
    const { store } = context;
    const refused = await rejection(
      store.transact('test', (tx) => tx.insert(DOCUMENTS, [{ _id: 1 }, { _id: 2, 'a\0b': 1 }])),
    );
    expect(refused).toMatchObject({ kind: 'other', index: 1 });
  });
}

function bulkTests(make: Make): void {
  test('leaves out of a replacement what does not exist, and counts the others', async () => {
    await using context = await prepared(make);
    const { store } = context;
    await store.write.insert(ROWS, [
      { _id: 'a', n: 1, old: true },
      { _id: 'b', n: 1 },
    ]);
    const replaced = await store.transact('test', (tx) =>
      tx.replace(ROWS, [
        { _id: 'a', n: 2 },
        { _id: 'x', n: 2 },
      ]),
    );
    expect(replaced).toBe(1);
    expect(
      await store.write.replace(ROWS, [
        { _id: 'b', n: 3 },
        { _id: 'y', n: 3 },
      ]),
    ).toBe(1);
    expect(byId(await store.read.byIds(ROWS, ['a', 'b', 'x', 'y']))).toEqual([
      { _id: 'a', n: 2 },
      { _id: 'b', n: 3 },
    ]);
  });

  test('counts a replacement that changes nothing', async () => {
    await using context = await prepared(make);
    const { store } = context;
    await store.write.insert(ROWS, [{ _id: 'a', n: 1 }]);
    expect(await store.transact('test', (tx) => tx.replace(ROWS, [{ _id: 'a', n: 1 }]))).toBe(1);
  });

  test('puts documents whether they are there or not', async () => {
    await using context = await prepared(make);
    const { store } = context;
    await store.write.put(ROWS, [{ _id: 'a', n: 1 }]);
    await store.write.put(ROWS, [
      { _id: 'a', n: 2 },
      { _id: 'b', n: 2 },
    ]);
    await store.transact('test', (tx) =>
      tx.put(ROWS, [
        { _id: 'b', n: 3 },
        { _id: 'c', n: 3 },
      ]),
    );
    expect(byId(await store.read.byIds(ROWS, ['a', 'b', 'c']))).toEqual([
      { _id: 'a', n: 2 },
      { _id: 'b', n: 3 },
      { _id: 'c', n: 3 },
    ]);
  });

  test('removes what is there, by `_id`s of any kind', async () => {
    await using context = await prepared(make);
    const { store } = context;
    const ids = ['a', 1, { x: 1, y: 'z' }, true, new Date(0)];
    await store.write.insert(
      DOCUMENTS,
      ids.map((_id) => ({ _id })),
    );
    expect(await store.transact('test', (tx) => tx.remove(DOCUMENTS, [...ids.slice(0, 3), 'absent']))).toBe(3);
    expect(await store.write.remove(DOCUMENTS, [...ids.slice(3), 'absent'])).toBe(2);
    expect(await store.read.byIds(DOCUMENTS, ids)).toEqual([]);
  });

  test('does nothing for no documents', async () => {
    await using context = await prepared(make);
    const { store } = context;
    await store.transact('test', async (tx) => {
      await tx.insert(ROWS, []);
      expect(await tx.replace(ROWS, [])).toBe(0);
      expect(await tx.remove(ROWS, [])).toBe(0);
      expect(await tx.byIds(ROWS, [])).toEqual([]);
      expect(await tx.byField(ROWS, 'n', [])).toEqual([]);
    });
    await store.write.insert(ROWS, []);
    expect(await store.write.replace(ROWS, [])).toBe(0);
  });

  test('takes a document of nearly 16 MiB, and bulks larger than a command', async () => {
    await using context = await prepared(make);
    const { store } = context;
    const text = 'x'.repeat(16 * 1024 * 1024 - 100);
    await store.transact('large', (tx) => tx.insert(DOCUMENTS, [{ _id: 0, text }]));
    expect((await store.read.byId<Doc & { text: string }>(DOCUMENTS, 0))?.text.length).toBe(text.length);
    const many = Array.from({ length: 20 }, (_, i) => ({ _id: i + 1, text: 'ü'.repeat(500_000) }));
    await store.transact('many', (tx) => tx.insert(DOCUMENTS, many));
    const found = await store.read.byIds<Doc & { text: string }>(
      DOCUMENTS,
      many.map(({ _id }) => _id),
    );
    expect(found.map((doc) => doc.text.length)).toEqual(many.map(() => 500_000));
  });

  test('writes and reads 20,000 documents in one call', async () => {
    await using context = await prepared(make);
    const { store } = context;
    const docs = Array.from({ length: 20_000 }, (_, i) => ({
      _id: `N${String(i).padStart(6, '0')}`,
      n: i,
      k: { j0: `group ${i % 7}` },
    }));
    const ids = docs.map(({ _id }) => _id);
    await store.createIndex(ROWS, 'k.j0');
    await store.transact('insert', (tx) => tx.insert(ROWS, docs));
    expect(
      await store.transact('replace', (tx) =>
        tx.replace(
          ROWS,
          docs.map((doc) => ({ ...doc, n: doc.n + 1 })),
        ),
      ),
    ).toBe(20_000);
    expect(await store.read.byIds(ROWS, ids)).toHaveLength(20_000);
    expect(await store.read.byField(ROWS, 'k.j0', ['group 3', 'group 5'])).toHaveLength(5_714);
    expect(await store.transact('remove', (tx) => tx.remove(ROWS, ids))).toBe(20_000);
  });
}
