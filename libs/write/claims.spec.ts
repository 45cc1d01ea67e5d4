import { expect, test } from '@jest/globals';
import type { Assembler } from '#mapping';
import type { CollectionPlan, Plan, StagedRow } from '#model';
import { IncarnationNames } from '#stage';
import type { StoreTransaction } from '#store';
import { type Claim, claimId, ownerOf } from './claim.js';
import { Claims } from './claims.js';
import type { Outcome } from './document-batch.js';

const collection = { index: 0, name: 'people', root: 0 } as CollectionPlan;
const plan = { nodes: [{ table: 0 }], collections: [collection] } as unknown as Plan;
const names = new IncarnationNames({ incarnation: 1, incarnationId: 'a' });

const claim = (id: string, root: string): Claim => ({ _id: claimId(0, id), owner: ownerOf(0, root), root, id, n: 1 });
const write = (root: string, id: string): Outcome => ({ kind: 'write', root, id, document: { _id: id } });

/** `rows`: which `_id` each staged root's row has now. */
function settle(claims: Claim[], rows: Record<string, string>, outcomes: Outcome[], formers?: Map<string, string>) {
  const assembler = { idOf: (_collection: number, row: StagedRow) => rows[row._id] } as unknown as Assembler;
  const tx = {
    byIds: async (from: { name: string }, ids: string[]) =>
      from.name === names.claims.name
        ? claims.filter(({ _id }) => ids.includes(_id))
        : ids.filter((id) => id in rows).map((_id) => ({ _id, at: '1', c: '' })),
    byField: async (_from: unknown, _field: string, owners: string[]) =>
      claims.filter(({ owner }) => owners.includes(owner)),
  } as unknown as StoreTransaction;
  return new Claims(plan, names, assembler).settle(tx, collection, outcomes, formers);
}

test('an _id that its owner left goes to the lowest of the roots of a batch that want it, and to no other', async () => {
  const settled = await settle([claim('a', '1')], { 1: 'b', 2: 'a', 3: 'a' }, [write('3', 'a'), write('2', 'a')]);
  expect(settled.writes.map(({ root }) => root)).toEqual(['2']);
  expect(settled.claims.map(({ root }) => root)).toEqual(['2']);
  expect(settled.waiting.map(({ root }) => root)).toEqual(['3']);
});

test('an _id that its owner still has goes to a lower root only', async () => {
  const settled = await settle([claim('a', '2')], { 1: 'a', 2: 'a', 3: 'a' }, [write('3', 'a'), write('1', 'a')]);
  expect(settled.writes.map(({ root }) => root)).toEqual(['1']);
  expect(settled.ousted).toEqual([{ root: '2', claim: claimId(0, 'a') }]);
  expect(settled.waiting.map(({ root }) => root)).toEqual(['3']);
});

const refused = (root: string): Outcome => ({
  kind: 'refused',
  root,
  row: undefined,
  cause: { code: 'X', message: '' },
});

test('the document of a former incarnation goes where its root has another _id now, but not where another root owns it', async () => {
  const formers = new Map([
    ['1', 'x'],
    ['2', 'a'],
    ['3', 'c'],
  ]);
  const outcomes = [write('1', 'a'), write('2', 'b'), write('3', 'c')];
  const settled = await settle([], { 1: 'a', 2: 'b', 3: 'c' }, outcomes, formers);
  expect(settled.deletes).toEqual(['x']);
});

test('the document of a former incarnation stays, and is its root’s to leave, while the root cannot be written', async () => {
  const settled = await settle([], { 1: 'b' }, [refused('1')], new Map([['1', 'a']]));
  expect(settled.deletes).toEqual([]);
  expect(settled.claims).toEqual([claim('a', '1')]);
});

test('an _id whose owner wants another one and cannot be written is for those who wait for it', async () => {
  const held = [claim('a', '1'), claim('b', '2')];
  const row = (_id: string) => ({ _id, at: '1', c: '' });
  const outcomes = ['1', '2'].map((root) => ({ ...refused(root), row: row(root) }) as Outcome);
  expect((await settle(held, { 1: 'x', 2: 'b' }, outcomes)).loose).toEqual([claimId(0, 'a')]);
});

test('an _id that was taken over from an owner that left it is told to those who wait, as one of them may be lower', async () => {
  const takenOver = async (rows: Record<string, string>, root: string) =>
    (await settle([claim('a', '2')], rows, [write(root, 'a')])).takenOver;
  expect(await takenOver({ 2: 'b', 3: 'a' }, '3')).toEqual([claimId(0, 'a')]);
  expect(await takenOver({ 1: 'a', 2: 'a' }, '1')).toEqual([]);
});

test('whoever keeps an _id or waits for one writes its claim, so that transactions which rely on it conflict', async () => {
  const settled = await settle([claim('a', '1')], { 1: 'a', 2: 'a' }, [write('1', 'a')]);
  expect(settled.claims).toEqual([{ ...claim('a', '1'), n: 2 }]);
  const waiting = await settle([claim('a', '1')], { 1: 'a', 2: 'a' }, [write('2', 'a')]);
  expect(waiting.waiting).toHaveLength(1);
  expect(waiting.claims).toEqual([{ ...claim('a', '1'), n: 2 }]);
});
