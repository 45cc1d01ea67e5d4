import { beforeEach, describe, expect, test } from '@jest/globals';
import { Double, Int32 } from 'bson';
import fc from 'fast-check';
import { verifyDocuments } from './verify.js';
import { PLAN, World } from './testing/world.js';

const NEVER = new AbortController().signal;
const verify = (world: World, options: { repair?: boolean; watched?: boolean } = {}) =>
  verifyDocuments(world.deps({ watched: options.watched ?? true }), { repair: options.repair ?? false }, NEVER);

let world: World;

beforeEach(fresh);

function fresh(): void {
  world = new World();
  for (let id = 1; id <= 5; id++) world.put(0, String(id), `s${id}`);
  for (let id = 1; id <= 10; id++) world.put(1, String(id), String((id % 5) + 1), `sku${id}`);
  world.drain();
}

describe('verification of a quiet source', () => {
  test('counts equal documents and closes its readers', async () => {
    expect(await verify(world)).toEqual({
      equal: 5,
      different: 0,
      missing: 0,
      extra: 0,
      edited: 0,
      deadLetters: 0,
      documents: [],
    });
    expect(world.readers).toBe(0);
  });

  test.each([
    ['a value', (d: object) => ({ ...d, status: 'x' }), { path: 'status', expected: 's3', found: 'x' }],
    [
      'a BSON type',
      (d: object) => ({ ...d, _id: new Double(3) }),
      { path: '_id', expected: { $numberInt: '3' }, found: { $numberDouble: '3.0' } },
    ],
    [
      'the order of fields',
      (d: Record<string, unknown>) => ({ _id: d['_id'], lines: d['lines'], status: d['status'] }),
      { path: 'status', expected: 'field 2 of 3', found: 'field 3 of 3' },
    ],
    [
      'an element too few',
      (d: object) => ({ ...d, lines: [{ id: new Int32(2), sku: 'sku2' }] }),
      { path: 'lines.1', expected: { id: { $numberInt: '7' }, sku: 'sku7' } },
    ],
  ])('finds %s that differs', async (_, change, named) => {
    world.damage(3, change as never);
    const report = await verify(world);
    expect(report).toMatchObject({ equal: 4, different: 1, missing: 0, extra: 0 });
    expect(report.documents).toEqual([{ collection: 'orders', id: { $numberInt: '3' }, kind: 'different', ...named }]);
  });

  test('finds a missing document and one that should not exist, each counted in its kind', async () => {
    world.target.delete('0:n2');
    world.target.set('0:n77', { _id: 77, bytes: new Uint8Array() });
    world.damage(1, (d) => d);
    world.target.set('0:n77', { _id: new Int32(77), bytes: (world.target.get('0:n1') as { bytes: Uint8Array }).bytes });
    world.damage(77, (d) => ({ ...d, _id: new Int32(77) }));
    const report = await verify(world);
    expect(report).toMatchObject({ equal: 4, different: 0, missing: 1, extra: 1 });
    expect(report.documents.map(({ id, kind }) => [id, kind])).toEqual([
      [{ $numberInt: '2' }, 'missing'],
      [{ $numberInt: '77' }, 'extra'],
    ]);
  });

  test('finds a document whose _id no root could have', async () => {
    world.target.set('0:s"odd"', { _id: 'odd', bytes: (world.target.get('0:n1') as { bytes: Uint8Array }).bytes });
    world.damage('odd' as never, (d) => ({ ...d, _id: 'odd' }));
    expect(await verify(world)).toMatchObject({ equal: 5, extra: 1, documents: [{ id: 'odd', kind: 'extra' }] });
  });

  test('a document with a dead letter is not equal, even where it is right by chance', async () => {
    world.letters.add('NA2');
    world.letters.add('NA3');
    world.damage(3, (d) => ({ ...d, status: 'old' }));
    expect(await verify(world)).toMatchObject({ equal: 3, different: 0, deadLetters: 2 });
  });

  test('a document with a corrected row is reported as edited', async () => {
    world.edited.add('NA7');
    world.damage(3, (d) => ({ ...d, lines: [] }));
    expect(await verify(world)).toMatchObject({ equal: 4, different: 0, edited: 1 });
  });

  test('lists no more than a hundred documents, but counts all', async () => {
    for (let id = 100; id < 300; id++) world.put(0, String(id), 'new');
    world.loses = () => true;
    world.drain();
    const report = await verify(world);
    expect(report.missing).toBe(200);
    expect(report.documents).toHaveLength(100);
  });

  test('without a watch on touches the same is found', async () => {
    world.damage(3, (d) => ({ ...d, status: 'x' }));
    world.target.delete('0:n1');
    expect(await verify(world, { watched: false })).toMatchObject({ equal: 3, different: 1, missing: 1 });
  });
});

describe('verification with repair', () => {
  test('stages the rows of wrong documents again, and counts what is right then', async () => {
    world.damage(3, (d) => ({ ...d, status: 'x' }));
    world.target.delete('0:n2');
    const report = await verify(world, { repair: true });
    expect(report).toEqual({
      equal: 5,
      different: 0,
      missing: 0,
      extra: 0,
      edited: 0,
      deadLetters: 0,
      repaired: 2,
      documents: [],
    });
    expect(await verify(world)).toMatchObject({ equal: 5 });
  });

  test('takes away rows that only the stage has, and brings rows that only the source has', async () => {
    world.loses = ({ table }) => table === 1;
    world.delete(1, '2');
    world.put(1, '11', '4', 'sku11');
    world.put(1, '1', '5', 'moved');
    world.drain();
    world.loses = () => false;
    expect(await verify(world)).toMatchObject({ equal: 1, different: 4 });
    expect(await verify(world, { repair: true })).toMatchObject({ equal: 5, different: 0, repaired: 4 });
    expect(world.repairs.flat().find((record) => record.table === 1 && record.key === 'NA2')?.tuple).toBeNull();
  });

  test('deletes a document of a root that is gone, and one that no root ever made', async () => {
    world.put(0, '9', 'late');
    world.drain();
    world.loses = () => true;
    world.delete(0, '9');
    world.drain();
    world.loses = () => false;
    world.target.set('0:s"odd"', { _id: 'odd', bytes: (world.target.get('0:n1') as { bytes: Uint8Array }).bytes });
    world.damage('odd' as never, (d) => ({ ...d, _id: 'odd' }));
    expect(await verify(world)).toMatchObject({ equal: 5, extra: 2 });
    expect(await verify(world, { repair: true })).toMatchObject({ equal: 5, extra: 0, repaired: 2 });
    expect(world.removed).toEqual(['odd']);
  });

  test('deletes a document whose root is neither in the source nor on the stage', async () => {
    world.target.set('0:n77', { _id: 77, bytes: (world.target.get('0:n1') as { bytes: Uint8Array }).bytes });
    world.damage(77, (d) => ({ ...d, _id: new Int32(77) }));
    world.ignoresAbsent = true;
    expect(await verify(world, { repair: true })).toMatchObject({ equal: 5, extra: 0, repaired: 1 });
    expect(world.removed).toHaveLength(1);
    expect(await verify(world)).toMatchObject({ equal: 5, extra: 0 });
  });

  test('is refused for a snapshot job, naming the way out', async () => {
    const deps = { ...world.deps(), plan: { ...PLAN, mode: 'snapshot' as const } };
    await expect(verifyDocuments(deps, { repair: true }, NEVER)).rejects.toMatchObject({
      code: 'VERIFY_REPAIR_SNAPSHOT',
      message: expect.stringContaining('--fresh'),
    });
  });
});

test('an unknown collection is refused', async () => {
  await expect(verifyDocuments(world.deps(), { repair: false, collection: 'nope' }, NEVER)).rejects.toMatchObject({
    code: 'VERIFY_COLLECTION_UNKNOWN',
    exit: 2,
  });
});

describe('verification under traffic', () => {
  /** Few rows, few values: rows come back to what they were all the time. */
  function disturb(seed: number): void {
    let state = seed;
    const random = (below: number) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    world.traffic = () => {
      for (let i = random(8); i > 0; i--) {
        const id = String(random(5) + 1);
        const what = random(6);
        if (what === 0) world.put(0, id, `s${random(2)}`);
        else if (what === 1) world.delete(0, id);
        else if (what === 2) world.put(1, String(random(6) + 1), id, `sku${random(2)}`);
        else if (what === 3) world.delete(1, String(random(6) + 1));
        else for (let steps = random(6); steps > 0; steps--) world.step();
      }
    };
  }

  test('never calls a right document wrong, however rows change and change back', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), async (seed) => {
        fresh();
        disturb(seed);
        expect(await verify(world)).toMatchObject({ different: 0, missing: 0, extra: 0, documents: [] });
      }),
      { numRuns: 300 },
    );
  });

  test('finds what is wrong all the same', async () => {
    let found = 0;
    await fc.assert(
      fc.asyncProperty(fc.nat(), async (seed) => {
        fresh();
        for (const id of [20, 21]) world.put(0, String(id), 'steady');
        world.drain();
        world.damage(20, (d) => ({ ...d, status: 'wrong' }));
        disturb(seed);
        const report = await verify(world);
        found += report.different;
        expect(report).toMatchObject({ different: 1, missing: 0, extra: 0 });
      }),
      { numRuns: 50 },
    );
    expect(found).toBeGreaterThanOrEqual(50);
  });
});
