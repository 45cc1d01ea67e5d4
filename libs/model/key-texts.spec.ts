import { describe, expect, test } from '@jest/globals';
import { canonicalizer } from './canonical.js';
import { keyTexts } from './key-texts.js';
import type { ValueType } from './value-type.js';

const int: ValueType = { kind: 'int32', name: 'integer' };
const numeric: ValueType = { kind: 'numeric', name: 'numeric' };
const text: ValueType = { kind: 'text', name: 'text' };
const bool: ValueType = { kind: 'bool', name: 'boolean' };

describe('the text of a canonical key', () => {
  test.each([
    [[int], ['42']],
    [[int], ['-42']],
    [[int], ['0']],
    [[numeric], ['-12.5']],
    [[numeric], ['NaN']],
    [[numeric], ['-Infinity']],
    [[text], ['']],
    [[text], ['a\0b']],
    [[bool], ['f']],
    [
      [int, text, int],
      ['-7', 'x\0\x01y', '900'],
    ],
    [
      [text, text],
      ['', ''],
    ],
  ] as [ValueType[], string[]][])('is what the columns said: %j %j', (types, values) => {
    const key = canonicalizer(
      types,
      types.map((_, i) => i),
    )(values);
    expect(keyTexts(key as string)).toEqual(values);
  });
});
