import { test } from '@jest/globals';
import { oracleJob, SIZES } from '../oracle/index.js';

/** Arrays in documents in arrays in documents: each level is filled, whatever its kind. */
test.each(Object.keys(SIZES) as (keyof typeof SIZES)[])(
  'arrays below documents below arrays are filled by the load (sizes: %s)',
  async (sizes) => {
    const table = (name: string, parent: string) =>
      `CREATE TABLE ${name} (id int PRIMARY KEY, ${parent}_id int); INSERT INTO ${name} SELECT i, 1 + i % 4 FROM generate_series(1, 8) i;`;
    await using job = await oracleJob({
      schema: `CREATE TABLE a (id int PRIMARY KEY, hub_id int); INSERT INTO a SELECT i, i FROM generate_series(1, 4) i;
      ${table('b', 'a')} CREATE TABLE hub (id int PRIMARY KEY); INSERT INTO hub SELECT generate_series(1, 4);
      ${table('c', 'hub')} ${table('d', 'c')} ALTER TABLE b ADD hub_id int; UPDATE b SET hub_id = 1 + (id * 3) % 4;`,
      collections: `a:
  table: public.a
  fields: [id]
  embed:
    bs:
      many: public.b
      on: { a_id: id }
      fields: [id]
      embed:
        hub:
          one: public.hub
          on: { id: hub_id }
          embed: { cs: { many: public.c, on: { hub_id: id }, fields: [id], embed: { ds: { many: public.d, on: { c_id: id }, value: id } } } }
    hub: { one: public.hub, on: { id: hub_id }, embed: { cs: { many: public.c, on: { hub_id: id }, value: id } } }`,
      truth: {
        a: `SELECT json_build_object('_id', oracle.i(a.id), 'id', oracle.i(a.id), 'bs', oracle.items((SELECT json_agg(json_build_object('id', oracle.i(b.id), 'hub',
        (SELECT json_build_object('id', oracle.i(h.id), 'cs', oracle.items((SELECT json_agg(json_build_object('id', oracle.i(c.id), 'ds',
          oracle.items((SELECT json_agg(oracle.i(d.id) ORDER BY d.id) FROM d WHERE d.c_id = c.id))) ORDER BY c.id) FROM c WHERE c.hub_id = h.id)))
          FROM hub h WHERE h.id = b.hub_id)) ORDER BY b.id) FROM b WHERE b.a_id = a.id)),
        'hub', (SELECT json_build_object('id', oracle.i(h.id), 'cs', oracle.items((SELECT json_agg(oracle.i(c.id) ORDER BY c.id) FROM c WHERE c.hub_id = h.id)))
          FROM hub h WHERE h.id = a.hub_id)) FROM a`,
      },
      tuning: SIZES[sizes],
    });
    await job.load();
    await job.isTrue();
  },
);
