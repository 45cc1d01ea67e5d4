import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { identify } from './root-job.js';

test("a root's job has a name that BullMQ takes, whatever the root is made of, and a spread from 0 to 1", () => {
  fc.assert(
    fc.property(fc.nat(1_000), fc.string({ unit: 'binary' }), (collection, root) => {
      const { id, spread } = identify({ collection, root });
      expect(id).toMatch(/^\d+-[A-Za-z0-9_-]{24}$/);
      expect(spread >= 0 && spread < 1).toBe(true);
      expect(identify({ collection, root })).toEqual({ id, spread });
    }),
  );
});

test('different roots have different jobs', () => {
  const roots = ['', 'a', 'A', 'a ', 'a:b', '\ud800', '\ud801', '1', '01'];
  const ids = [0, 1, 10].flatMap((collection) => roots.map((root) => identify({ collection, root }).id));
  expect(new Set(ids).size).toBe(ids.length);
});
