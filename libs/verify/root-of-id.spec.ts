import { describe, expect, test } from '@jest/globals';
import { Binary, Double, Int32, Long, UUID } from 'bson';
import * as driver from 'mongodb';
import { compileAssembler } from '#mapping';
import type { CollectionPlan, IdPlan, Plan, ValueType } from '#model';
import { claimId } from '#write';
import { ExpectedDocuments } from './expected.js';
import { RootOfId } from './root-of-id.js';
import { PLAN } from './testing/world.js';

function rootOf(
  types: ValueType['kind'][],
  id: IdPlan,
  documentId: unknown,
  key = types.map((_, i) => i),
): string | undefined {
  const collection: CollectionPlan = { ...(PLAN.collections[0] as CollectionPlan), id };
  const columns = types.map((kind, i) => ({ name: `c${i}`, type: { kind, name: kind } as ValueType, nullable: false }));
  const [orders, lines] = PLAN.tables;
  const [root, child] = PLAN.nodes;
  const plan = {
    ...PLAN,
    collections: [collection],
    tables: [{ ...orders, columns, key }, lines],
    nodes: [{ ...root, fields: [], children: [] }, child],
  } as Plan;
  const expected = new ExpectedDocuments(plan, compileAssembler(plan));
  return new RootOfId(plan, expected).of(collection, { id: claimId(0, documentId), documentId });
}

const COLUMN: IdPlan = { kind: 'column', column: 0 };

describe('the root of an _id', () => {
  test.each([
    ['int32', new Int32(-7), 'N-}2~'],
    ['int32', new driver.Int32(12), 'NB12'],
    ['int32', new Double(3), 'NA3'],
    ['int64', Long.fromString('9007199254740993'), 'NP9007199254740993'],
    ['text', "it's", "Tit's"],
    ['bool', true, 'B1'],
    [
      'uuid',
      new Binary(new UUID('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11').buffer, 4),
      'Ua0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
    ],
    ['date', new Date(Date.UTC(2024, 1, 29)), 'D2024-02-29'],
  ] as const)('of type %s is told from %s', (kind, id, root) => {
    expect(rootOf([kind], COLUMN, id)).toBe(root);
  });

  test('of several columns is told whatever their order in the key', () => {
    const id: IdPlan = {
      kind: 'columns',
      fields: [
        { name: 'b', column: 1 },
        { name: 'a', column: 0 },
      ],
    };
    expect(rootOf(['text', 'int32'], id, { b: new Int32(1), a: 'x' })).toBe('Tx\0NA1');
  });

  test.each([
    ['a type that no root has', ['int32'], 'text'],
    ['a part of a millisecond that a date lost', ['timestamptz'], new Date(0)],
    ['a time in a date', ['date'], new Date(1)],
  ] as const)('is not told from %s', (_, kinds, id) => {
    expect(rootOf([...kinds], COLUMN, id)).toBeUndefined();
  });

  test('is not told from fields in another order, nor from an _id that is not the key', () => {
    const id: IdPlan = {
      kind: 'columns',
      fields: [
        { name: 'a', column: 0 },
        { name: 'b', column: 1 },
      ],
    };
    expect(rootOf(['text', 'int32'], id, { b: new Int32(1), a: 'x' })).toBeUndefined();
    expect(rootOf(['text', 'int32'], COLUMN, 'x', [1])).toBeUndefined();
    expect(rootOf(['int32'], { kind: 'objectId' }, new Int32(1))).toBeUndefined();
  });
});
