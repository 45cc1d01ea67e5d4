import { describe, expect, test } from '@jest/globals';
import type { Happening } from '../happening.js';
import { batch, begun, completed, document, killed, staged, child, Watching, written } from './watching.js';

const record = {};
const wentOn = (stoodStillMs: number): Happening => ({ kind: 'went on', process: 'a', stoodStillMs });
const retried: Happening = { kind: 'retried', process: 'a', label: 'touches', isConflict: true, attempt: 1 };

describe('F22, a former owner that ends late', () => {
  const mine = batch('a', 'touches', [record]);
  const theirs = batch('b', 'touches', [record]);

  test('is one where another process was given the same before it has written', () => {
    expect(new Watching().see(begun(mine), begun(theirs), written('a', [document(1, {})])).times('F22')).toBe(1);
  });

  test('is none where it was first', () => {
    const watching = new Watching().see(begun(mine), written('a', [document(1, {})]), completed(mine));
    expect(watching.see(begun(theirs)).times('F22')).toBe(0);
  });

  test('is none where the other one has another partition, or other records', () => {
    const others = [batch('b', 'touches', [record], 1), batch('b', 'touches', [{}])];
    for (const other of others)
      expect(new Watching().see(begun(mine), begun(other), completed(mine)).times('F22')).toBe(0);
  });
});

describe('F23, one that stood still past its session', () => {
  const rows = batch('a', 'rows');

  test('is one where it ends what it had begun', () => {
    const watching = new Watching().see(begun(rows), wentOn(10_000));
    expect(watching.times('F23')).toBe(0);
    expect(watching.see(staged('a', [child(1, 1, 5)]), completed(rows)).times('F23')).toBe(1);
  });

  test('is none where it was short, or had nothing to end', () => {
    expect(new Watching().see(begun(rows), wentOn(9_999), completed(rows)).times('F23')).toBe(0);
    expect(new Watching().see(wentOn(60_000), begun(rows), completed(rows)).times('F23')).toBe(0);
  });
});

describe('F24, a document that is written in a transaction of one that stands still', () => {
  const asleep = (isThere: boolean): Happening => ({
    kind: 'stood still',
    process: 'a',
    open: [{ label: 'touches', documents: [{ collection: 'c0', _id: 1, isThere }] }],
  });
  const deleted = (process: string, id: number) => written(process, [document(id, undefined)]);

  test('is one where another process deletes it, and the first goes on', () => {
    const watching = new Watching().see(asleep(true), deleted('b', 1));
    expect(watching.see(retried).times('F24')).toBe(0);
    expect(watching.see(wentOn(75_000), retried).times('F24')).toBe(1);
    expect(watching.see(retried).times('F24')).toBe(1);
  });

  test('is none where another document is deleted, or this one was not written, or was deleted there as well', () => {
    for (const happenings of [[asleep(true), deleted('b', 2)], [asleep(true)], [asleep(false), deleted('b', 1)]])
      expect(new Watching().see(...happenings, wentOn(75_000), retried).times('F24')).toBe(0);
  });

  test('is none where it never goes on', () => {
    expect(new Watching().see(asleep(true), deleted('b', 1), killed('a')).times('F24')).toBe(0);
  });
});
