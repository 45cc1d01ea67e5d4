import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';

/**
 * An `updateMany` that fans out misses documents which a sharded cluster moves meanwhile. Here a change that concerns many
 * documents touches each root by its key, and each document is replaced by its `_id`, in a transaction that reads it: a
 * document that moves makes that transaction conflict and run again. So it is enough that no code can write by a filter.
 */

const IS_TEST = /\.spec\.ts$|-conformance\.ts$|(^|\/)testing\//;
const paths = ['libs', 'apps'].flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((path) => join(folder, path)),
);
const sources = paths
  .filter((path) => path.endsWith('.ts') && !IS_TEST.test(path))
  .map((path) => ({ path, text: readFileSync(path, 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '') }));

describe('no document is written by a filter', () => {
  test.each(['updateMany', 'updateOne', 'deleteMany', 'findOneAndUpdate', 'multi: true'])('with %s', (word) => {
    expect(sources.length).toBeGreaterThan(200);
    expect(sources.filter(({ text }) => text.includes(word)).map(({ path }) => path)).toEqual([]);
  });

  test('and every filter of an update or delete command is by _id', () => {
    const store = sources
      .filter(({ path }) => path.startsWith('libs/store/mongodb/'))
      .map(({ text }) => text)
      .join('\n');
    const filters = [...store.matchAll(/\bq: \{ (\w+):/g)].map(([, field]) => field);
    expect(filters.length).toBeGreaterThan(1);
    expect(new Set(filters)).toEqual(new Set(['_id']));
  });
});
