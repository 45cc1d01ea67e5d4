import { describe, expect, test } from '@jest/globals';
import {
  batch,
  begun,
  change,
  child,
  committed,
  completed,
  document,
  jobRecord,
  killed,
  staged,
  Watching,
  written,
} from './watching.js';

describe('F1, a crash between staging and touching', () => {
  const rows = batch('a', 'rows');

  test('is one where the rows are staged and the batch is not completed', () => {
    expect(new Watching().see(begun(rows), staged('a', [child(1, 1, 5)]), killed('a')).times('F1')).toBe(1);
  });

  test.each([
    ['before anything is staged', [begun(rows), killed('a')]],
    ['of a batch that staged nothing', [begun(rows), staged('a', []), killed('a')]],
    ['after its touches are in the log', [begun(rows), staged('a', [child(1, 1, 5)]), completed(rows), killed('a')]],
    ['of another process', [begun(rows), staged('a', [child(1, 1, 5)]), killed('b')]],
    [
      'while the job loads, when nothing is touched',
      [
        committed('x', 'patch', [jobRecord({ loading: true })]),
        begun(rows),
        staged('a', [child(1, 1, 5)]),
        killed('a'),
      ],
    ],
  ])('is none %s', (_, happenings) => {
    expect(new Watching().see(...happenings).times('F1')).toBe(0);
  });

  test('is also one where the process stands still until its session is over, once', () => {
    const watching = new Watching().see(begun(rows), staged('a', [child(1, 1, 5)]));
    watching.see({ kind: 'session over', process: 'a', open: [] }, killed('a'));
    expect(watching.times('F1')).toBe(1);
  });
});

describe('F2, a crash between touching and committing the offset', () => {
  const record = {};
  const rows = batch('a', 'rows', [record]);

  test('is one where another process gets what was touched', () => {
    const watching = new Watching().see(begun(rows), staged('a', [child(1, 1, 5)]), completed(rows), killed('a'));
    expect(watching.times('F2')).toBe(0);
    watching.see(begun(batch('b', 'rows', [record])));
    expect([watching.times('F2'), watching.times('F6')]).toEqual([1, 1]);
  });

  test('is none where its owner lives, and has only lost the partition', () => {
    const watching = new Watching().see(begun(rows), staged('a', [child(1, 1, 5)]), completed(rows));
    expect(watching.see(begun(batch('b', 'rows', [record]))).times('F2')).toBe(0);
  });
});

describe('F3, a crash between writing and committing the offset', () => {
  const record = {};
  const touches = batch('a', 'touches', [record]);

  test('is one where another process gets the touches of documents that are written', () => {
    const watching = new Watching().see(begun(touches), written('a', [document(1, { v: 1 })]), killed('a'));
    expect(watching.see(begun(batch('b', 'touches', [record]))).times('F3')).toBe(1);
  });

  test('is none where nothing was written', () => {
    const watching = new Watching().see(begun(touches), written('a', []), killed('a'));
    expect(watching.see(begun(batch('b', 'touches', [record]))).times('F3')).toBe(0);
  });
});

describe('F4, a crash in the midst of a bulk', () => {
  const killedWith = (label: string, documents: { collection: string; _id: unknown; isThere: boolean }[]) =>
    new Watching().see({ kind: 'killed', process: 'a', open: [{ label, documents }] }).times('F4');

  test('is one where a transaction of touches has written documents', () => {
    expect(killedWith('touches', [{ collection: 'c0', _id: 1, isThere: true }])).toBe(1);
  });

  test('is none where it has only read, or is another transaction', () => {
    expect(killedWith('touches', [])).toBe(0);
    expect(killedWith('orphan', [{ collection: 'c0', _id: 1, isThere: false }])).toBe(0);
  });
});

describe('F5, F20, F21: a fan-out', () => {
  const task = (cursor: string | null, run = 'r1') => ({ run, cursor, tasks: [{ image: { table: 0, key: 'i1' } }] });
  const moved = (to: object | undefined, from?: object, process = 'a') =>
    committed(process, 'patch', [change('tasks_1-a', 't', to, from)]);
  const row = (id: number, parentId: number) => staged('b', [child(id, parentId, 9)]);
  const parentRow = staged('b', [change('stage_1-a_0', 'i1', { _id: 'i1', at: '', c: '1' })]);

  test('is cut off where its process dies between two pages, and not before or after it', () => {
    expect(new Watching().see(moved(task(null)), killed('a')).times('F5')).toBe(0);
    expect(new Watching().see(moved(task('p')), killed('a')).times('F5')).toBe(1);
    expect(new Watching().see(moved(task('p')), moved(undefined, task('p')), killed('a')).times('F5')).toBe(0);
    expect(new Watching().see(moved(task('p')), killed('b')).times('F5')).toBe(0);
  });

  test('is renewed where a newer change gives it another run in its midst', () => {
    expect(new Watching().see(moved(task('p')), moved(task('q'), task('p'))).times('F20')).toBe(0);
    expect(new Watching().see(moved(task('p')), moved(task('p', 'r2'), task('p'))).times('F20')).toBe(1);
    expect(new Watching().see(moved(task(null, 'r2'), task(null))).times('F20')).toBe(0);
  });

  test('meets a row that comes to its look-up row, and no other one', () => {
    expect(new Watching().see(parentRow, moved(task('p')), row(5, 1)).times('F21')).toBe(1);
    expect(new Watching().see(parentRow, moved(task('p')), row(5, 2)).times('F21')).toBe(0);
    expect(new Watching().see(parentRow, moved(task(null)), row(5, 1)).times('F21')).toBe(0);
    expect(new Watching().see(parentRow, row(5, 1), moved(task('p')), row(5, 1)).times('F21')).toBe(0);
  });
});
