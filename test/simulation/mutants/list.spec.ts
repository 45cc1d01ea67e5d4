import { expect, test } from '@jest/globals';
import { compiled, mutatedFiles } from './checkout.js';
import { MUTANTS } from './list.js';

test('no two mutants have one name', () => {
  expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length);
});

/** One that no longer fits its code would silently take nothing away. */
test.each(MUTANTS)('$name fits the code as it is', async (mutant) => {
  for (const [file, text] of await mutatedFiles('.', mutant)) await compiled(file, text);
});
