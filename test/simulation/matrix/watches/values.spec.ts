import { describe, expect, test } from '@jest/globals';
import { packTuple } from '#model';
import { change, staged, Watching } from './watching.js';

const FIRST = 5;

function parent(id: string, key: string, number = 0): ReturnType<typeof change> {
  const at = number === 0 ? '' : number.toString(16).padStart(32, '0');
  return change('stage_1-a_0', id, { _id: id, at, c: packTuple([key]) });
}

const seen = (...changes: ReturnType<typeof change>[]) =>
  new Watching().see(...changes.map((each) => staged('a', [each])));

describe('F49, keys that are equal in other words', () => {
  test.each(['A', 'a '])('are two rows where they differ by case or a blank at the end (%j)', (other) => {
    expect(seen(parent('Ta', 'a'), parent(`T${other}`, other)).times('F49 two rows')).toBe(1);
    expect(seen(parent('Ta', 'a'), parent('Tb', 'b')).times('F49 two rows')).toBe(0);
  });

  test('are one row where they are one number', () => {
    expect(seen(parent('N1', '1'), parent('N1', '1.0', FIRST)).times('F49 one row')).toBe(1);
    expect(seen(parent('N1', '1'), parent('N1', '1', FIRST)).times('F49 one row')).toBe(0);
  });
});

describe('F50, a value at the edge of its type', () => {
  test('comes by the load and by changes', () => {
    expect(seen(parent('N1', '2147483647')).reached).toEqual(['F50 by the load']);
    expect(seen(parent('N1', 'NaN', FIRST)).reached).toEqual(['F50 by a change']);
    expect(seen(parent('N1', '7'), parent('N2', '7', FIRST)).reached).toEqual([]);
  });
});
