import { expect, test } from '@jest/globals';
import { errorCodes, MillraceError } from '#errors';
import { troubleOf } from './trouble-of.js';

const { GONE } = errorCodes({ GONE: { cause: 'It is gone.', remedy: 'Bring it back.' } });
const problem = (message: string) => ({ message });

test.each<[string, unknown, unknown]>([
  ['what may pass', new MillraceError(GONE, 'it is away', { retriable: true }), 'it is away'],
  [
    'what a person must deal with, with the remedy',
    new MillraceError(GONE, 'it is gone.'),
    'it is gone. Bring it back.',
  ],
  [
    'mistakes, which name their fix',
    new MillraceError(GONE, 'two mistakes.', { context: { problems: ['A is not set', 'B, too'].map(problem) } }),
    'two mistakes. A is not set; B, too',
  ],
  [
    'a few of many mistakes',
    new MillraceError(GONE, 'mistakes.', { context: { problems: ['a', 'b', 'c', 'd'].map(problem) } }),
    'mistakes. a; b; and 2 more',
  ],
  ['a defect without what a driver says of rows', new Error('Key (email)=(a@b)'), expect.not.stringContaining('email')],
])('tells %s', (_, error, words) => {
  expect(troubleOf(error)).toEqual(words);
});
