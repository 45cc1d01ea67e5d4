import { expect, test } from '@jest/globals';
import { Watching } from './watching.js';

test('F44: a client that fell silent is replaced', () => {
  const replaced = { kind: 'client replaced', process: 'a' } as const;
  const silent = (process: string) => ({ kind: 'client silent', process }) as const;
  expect(new Watching().see(replaced).times('F44')).toBe(0);
  expect(new Watching().see(silent('b'), replaced).times('F44')).toBe(0);
  expect(new Watching().see(silent('a'), replaced, replaced).times('F44')).toBe(1);
});
