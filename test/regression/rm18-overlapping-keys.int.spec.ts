import { test } from '@jest/globals';
import { oracleJob, SIZES } from '../oracle/index.js';

/** One column in several composite foreign keys, and fields renamed to other columns' names: each join has its own columns. */
test('joins that share a column, and renamed fields, do not mix', async () => {
  await using job = await oracleJob({
    schema: `CREATE TABLE u (tenant int, id int, name text, PRIMARY KEY (tenant, id));
      CREATE TABLE g (tenant int, id int, name text, PRIMARY KEY (id, tenant));
      CREATE TABLE x (tenant int, id int, owner int, checker int, g_id int, name text, PRIMARY KEY (tenant, id),
        FOREIGN KEY (tenant, owner) REFERENCES u, FOREIGN KEY (tenant, checker) REFERENCES u, FOREIGN KEY (g_id, tenant) REFERENCES g);
      INSERT INTO u SELECT t, i, 'u' || t || i FROM generate_series(1, 2) t, generate_series(1, 3) i; INSERT INTO g SELECT t, i, 'g' || t || i FROM generate_series(1, 2) t, generate_series(1, 3) i;
      INSERT INTO x SELECT t, i, 1 + i % 3, nullif(i % 3, 0), 1 + (i + t) % 3, 'x' || t || i FROM generate_series(1, 2) t, generate_series(1, 5) i`,
    collections: `x:
  table: public.x
  id: [id, tenant]
  fields: { rename: { tenant: id, id: tenant, name: owner, owner: name } }
  embed:
    by: { one: public.u, on: { id: owner, tenant: tenant }, fields: [name] }
    checkedBy: { one: public.u, on: { tenant: tenant, id: checker }, fields: { only: [name, id], rename: { name: id, id: name } } }
    group: { one: public.g, fields: [name] }
u: { table: public.u, embed: { owned: { many: public.x, on: { tenant: tenant, owner: id }, value: name }, checked: { many: public.x, on: { checker: id, tenant: tenant }, value: name } } }
g: { table: public.g, fields: [name], embed: { xs: { many: public.x, value: name } } }`,
    truth: {
      x: `SELECT json_build_object('_id', json_build_object('tenant', oracle.i(x.id), 'id', oracle.i(x.tenant)), 'name', oracle.i(owner), 'checker', oracle.i(checker), 'g_id', oracle.i(g_id), 'owner', x.name,
        'by', (SELECT json_build_object('name', u.name) FROM u WHERE (u.tenant, u.id) = (x.tenant, x.owner)),
        'checkedBy', (SELECT json_build_object('name', oracle.i(u.id), 'id', u.name) FROM u WHERE (u.tenant, u.id) = (x.tenant, x.checker)),
        'group', (SELECT json_build_object('name', g.name) FROM g WHERE (g.tenant, g.id) = (x.tenant, x.g_id))) FROM x`,
      u: `SELECT json_build_object('_id', json_build_object('tenant', oracle.i(tenant), 'id', oracle.i(id)), 'name', name,
        'owned', oracle.items((SELECT json_agg(x.name ORDER BY x.id) FROM x WHERE (x.tenant, x.owner) = (u.tenant, u.id))),
        'checked', oracle.items((SELECT json_agg(x.name ORDER BY x.id) FROM x WHERE (x.tenant, x.checker) = (u.tenant, u.id)))) FROM u`,
      g: `SELECT json_build_object('_id', json_build_object('id', oracle.i(id), 'tenant', oracle.i(tenant)), 'name', name,
        'xs', oracle.items((SELECT json_agg(x.name ORDER BY x.id) FROM x WHERE (x.tenant, x.g_id) = (g.tenant, g.id)))) FROM g`,
    },
    tuning: SIZES.odd,
  });
  await job.load();
  await job.isTrue();
  await job.after(
    `UPDATE x SET owner = checker, checker = owner`,
    `UPDATE x SET tenant = 3 - tenant, id = id + 10 WHERE id < 3`,
    `UPDATE x SET g_id = 1`,
  );
  await job.after(
    `UPDATE x SET checker = NULL WHERE tenant = 1; UPDATE u SET name = name || '!' WHERE id = 2; UPDATE g SET name = NULL`,
    `DELETE FROM x WHERE tenant = 2`,
  );
});
