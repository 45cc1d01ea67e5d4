import { describe, expect, test } from '@jest/globals';
import { type Expected, bytesOf } from './expected.js';
import { type Observation, opinionOf } from './opinion.js';
import { Standing } from './standing.js';

const made = (document: object): Expected => ({
  kind: 'document',
  root: 'NA1',
  id: '0:n1',
  documentId: 1,
  bytes: bytesOf({ _id: 1, ...document }),
});
const seen = (before: object, found: object | undefined, after: object): Observation => ({
  before: made(before),
  after: made(after),
  letter: false,
  outranked: false,
  edited: false,
  touched: true,
  found: found === undefined ? undefined : { id: '0:n1', documentId: 1, bytes: bytesOf({ _id: 1, ...found }) },
});

function verdictOf(rounds: Observation[]): object {
  const standing = new Standing();
  for (const round of rounds) standing.observe(round, opinionOf({ about: 'root', root: 'NA1' }, round));
  return standing.verdict('root');
}

describe('a document that never stands still', () => {
  test('is right where every field that was wrong in one round was not in another', () => {
    expect(
      verdictOf([
        seen({ a: 1, b: 1 }, { a: 2, b: 1 }, { a: 1, b: 1 }),
        seen({ a: 1, b: 1 }, { a: 1, b: 2 }, { a: 1, b: 1 }),
      ]),
    ).toEqual({ kind: 'equal' });
  });

  test('is right where a field is another wrong value each time: it changes with the source', () => {
    expect(verdictOf([seen({ a: 1 }, { a: 2 }, { a: 1 }), seen({ a: 1 }, { a: 3 }, { a: 1 })])).toEqual({
      kind: 'equal',
    });
    expect(verdictOf([seen({ a: 1 }, { a: 9 }, { a: 1 }), seen({ a: 2 }, { a: 9 }, { a: 2 })])).toEqual({
      kind: 'equal',
    });
  });

  test('is different where one field stood wrong in all rounds, whatever else changed', () => {
    const rounds = [1, 2, 3].map((hot) =>
      seen({ hot, l: [{ n: 1 }] }, { hot: -hot, l: [{ n: 2 }] }, { hot: hot + 1, l: [{ n: 1 }] }),
    );
    expect(verdictOf(rounds)).toEqual({ kind: 'different', documentId: 1, path: 'l.0.n' });
  });

  test('is missing only where it was missing in all rounds', () => {
    expect(verdictOf([seen({ a: 1 }, undefined, { a: 2 }), seen({ a: 2 }, undefined, { a: 1 })])).toMatchObject({
      kind: 'missing',
    });
    expect(verdictOf([seen({ a: 1 }, undefined, { a: 2 }), seen({ a: 2 }, { a: 3 }, { a: 1 })])).toEqual({
      kind: 'equal',
    });
  });

  test('is not missing where it came and went', () => {
    const gone: Expected = { kind: 'absent', root: 'NA1' };
    expect(
      verdictOf([seen({ a: 1 }, undefined, { a: 2 }), { ...seen({ a: 1 }, undefined, { a: 2 }), before: gone }]),
    ).toEqual({ kind: 'equal' });
  });
});

describe('a document that the source refuses, with a row that an operator has corrected', () => {
  const refused: Expected = { kind: 'refused', root: 'NA1', code: 'EXPRESSION_FAILED', message: '', path: 'c0' };
  const round = (letter: boolean): Observation => ({
    ...seen({}, undefined, {}),
    before: refused,
    after: refused,
    edited: true,
    letter,
  });

  test('is a dead letter for as long as it waits, so that nobody completes the job without it', () => {
    expect(verdictOf([round(true)])).toEqual({ kind: 'deadLetter', documentId: 'NA1' });
  });

  test('is edited once it is written', () => {
    expect(verdictOf([round(false)])).toEqual({ kind: 'edited', documentId: 'NA1' });
  });
});
