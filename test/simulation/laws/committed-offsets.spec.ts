import { expect, test } from '@jest/globals';
import { CommittedOffsets } from './committed-offsets.js';
import { History } from './kit.js';

function kit() {
  const history = new History();
  const { incarnation, appended, staged, fences, rows, touches } = history;
  const ofTopic = (topic: string) => ({ incarnation, kind: topic === rows ? ('rows' as const) : ('touches' as const) });
  const offsets = new CommittedOffsets({ ofTopic, appended, staged, fences });
  /** Of the first so many messages. */
  const broken = (topic: string, offset: number) => {
    offsets.committed(topic, 0, offset);
    return offsets.broken.map((each) => each.replace(/^.*(is committed, and )/, ''));
  };
  return { history, rows, touches, broken, offsets };
}

test('while the job loads, staged is enough', () => {
  const { history, rows, broken } = kit();
  history.append({ kind: 'load', table: 0, keys: ['a'], tuples: ['a'] });
  history.change(0, 'b', 'p1');
  history.stage(0, { _id: 'a', at: '' }, { _id: 'b', at: 'p2' });
  expect(broken(rows, 2)).toEqual([]);
});

test('a change that is not staged is told, and a loaded row', () => {
  const { history, rows, broken } = kit();
  history.append({ kind: 'load', table: 0, keys: ['a'], tuples: ['a'] });
  history.change(0, 'b', 'p2');
  history.stage(0, { _id: 'b', at: 'p1' });
  expect(broken(rows, 2)).toEqual(['t a, which was loaded, is not staged', 't b at p2 is not staged']);
});

test('a loaded row may be dropped behind a TRUNCATE', () => {
  const { history, rows, broken } = kit();
  history.append({ kind: 'truncate', change: { op: 'truncate', table: 0, at: 'p1' } });
  history.append({ kind: 'load', table: 0, keys: ['a'], tuples: ['a'] });
  history.append({ kind: 'load', table: 1, keys: ['b'], tuples: ['b'] });
  history.stage(0);
  expect(broken(rows, 3)).toEqual(['u b, which was loaded, is not staged']);
});

test('TRUNCATE has wiped what came before it in its partition', () => {
  const { history, rows, broken } = kit();
  history.append({ kind: 'load', table: 0, keys: ['a', 'b', 'c'], tuples: ['a', 'b', 'c'] });
  history.append({ kind: 'truncate', change: { op: 'truncate', table: 0, at: 'p2' } });
  history.stage(0, { _id: 'a', at: 'p1', c: 'a' }, { _id: 'b', at: 'p2', gone: true }, { _id: 'c', at: 'p3', c: 'c' });
  expect(broken(rows, 2)).toEqual(['t a is not wiped by TRUNCATE at p2']);
});

test('a fill has filled, where the same change’s columns were missing', () => {
  const { history, rows, broken } = kit();
  const missing = { columns: [1], since: 'p1', transaction: '1' };
  for (const [key, since] of Object.entries({ a: 'p1', b: 'p0' }))
    history.append({ kind: 'fill', table: 0, key, since, columns: [1], values: '' });
  history.stage(0, { _id: 'a', at: 'p1', missing }, { _id: 'b', at: 'p1', missing });
  expect(broken(rows, 2)).toEqual(['t a still misses what was read again']);
});

test('a barrier is in the fence', () => {
  const { history, rows, broken } = kit();
  history.append({ kind: 'barrier' });
  history.fence('rows:0', { barrier: true });
  expect(broken(rows, 1)).toEqual([]);
  history.append({ kind: 'barrier' });
  history.fence('rows:0', { barrier: false });
  expect(broken(rows, 2)).toEqual(['its fence knows of no barrier']);
});

test('once the stage is whole, a root was touched after it was staged', () => {
  const { history, rows, broken } = kit();
  history.whole();
  history.change(0, 'a', 'p1');
  history.touch('a');
  history.stage(0, { _id: 'a', at: 'p1' });
  expect(broken(rows, 1)).toEqual(['c a was not touched since t a was staged at p1']);
});

test('… and those that a row refers to, now and before', () => {
  const { history, rows, broken } = kit();
  history.stage(1, { _id: 'x', at: '', k: { j0: 'a' } });
  history.whole();
  history.change(1, 'x', 'p1');
  history.stage(1, { _id: 'x', at: 'p1', k: { j0: 'b' } });
  history.touch('b');
  expect(broken(rows, 1)).toEqual(['c a was not touched since u x was staged at p1']);
});

test('no offset is committed before a transaction of its partition', () => {
  const { history, touches, broken } = kit();
  history.fence('touches:0');
  history.touch('a');
  expect(broken(touches, 1)).toEqual(['no transaction since it was handed over']);
  history.touch('a');
  history.fence('touches:0');
  expect(broken(touches, 2)).toHaveLength(1);
});

test('what was in a topic that somebody has made anew is not asked for', () => {
  const { history, rows, broken, offsets } = kit();
  history.change(0, 'b', 'p2');
  offsets.lost(rows);
  expect(broken(rows, 1)).toEqual([]);
});
