import { describe, expect, test } from '@jest/globals';
import { oracleJob, SIZES } from '../oracle/index.js';
import { MonotonyReader } from './random-changes.monotony.js';
import { COLLECTIONS, SCHEMA, TRUTH } from './random-changes.schema.js';
import { Writers } from './random-changes.writers.js';

/**
 * Any changes at all, by several connections, before, during and after the load and across stops: no document ever goes
 * back, and when it is quiet each one equals what SQL makes of the source. MILLRACE_TEST_SEED replays the statements.
 */

const given = process.env['MILLRACE_TEST_SEED'];

const SEEDS: [number, keyof typeof SIZES][] = given
  ? (['odd', 'tiny', 'usual'] as const).map((sizes) => [Number(given), sizes])
  : (['odd', 'usual'] as const).map((sizes) => [1 + Math.floor(Math.random() * 1e6), sizes]);

describe('random changes', () => {
  test.each(SEEDS)(
    'of seed %i end in equal documents that never went back (sizes: %s)',
    async (seed, sizes) => {
      await using job = await oracleJob({
        schema: SCHEMA,
        collections: COLLECTIONS,
        truth: TRUTH,
        tuning: { ...SIZES[sizes], chunkRows: 20 },
      });
      await using writers = await Writers.connect(job.pg.uri, seed);
      await using reader = new MonotonyReader(job.mongo.db, ['roots', 'looks', 'atoms']);
      const many = sizes === 'usual' ? 200 : 80; // Small sizes take their time.
      await writers.go(40);
      await Promise.all([job.load(), writers.go(many)]);
      reader.start();
      await writers.go(many);
      await job.isTrue();
      await Promise.all([job.stop(), writers.go(many / 2)]);
      await Promise.all([job.load(), writers.go(many)]);
      await job.isTrue();
      await reader.stop();
      expect(reader.backwards).toEqual([]);
      expect(reader.reads).toBeGreaterThan(2);
      const codes = new Set((await job.letters()).map(({ collection, code }) => `${collection} ${code}`));
      expect([...codes].filter((code) => code !== 'codes ID_TAKEN')).toEqual([]);
      expect(await job.commands.verify({ repair: false }, new AbortController().signal)).toMatchObject({
        different: 0,
        missing: 0,
        extra: 0,
      });
    },
    300_000,
  );
});
