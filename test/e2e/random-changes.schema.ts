/**
 * Four levels with look-ups, a reference to itself and an `_id` that rows contend for. Every row has a version: `born` is
 * new with each insert and change of key, `v` with each change, so whoever reads documents can tell when one goes back.
 */
export const SCHEMA = `
CREATE SEQUENCE versions;
CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.v := nextval('versions');
  IF TG_OP = 'INSERT' THEN NEW.born := NEW.v; END IF;
  RETURN NEW;
END $$;
CREATE FUNCTION rebirth() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.born := nextval('versions'); RETURN NEW; END $$;
CREATE TABLE looks (id int PRIMARY KEY, name text, born bigint, v bigint);
CREATE TABLE roots (id int PRIMARY KEY, code text, title text, look_id int REFERENCES looks ON DELETE SET NULL,
  parent_id int REFERENCES roots ON UPDATE CASCADE ON DELETE SET NULL, big text, shown bool NOT NULL DEFAULT true, born bigint, v bigint);
CREATE TABLE mids (root_id int REFERENCES roots ON UPDATE CASCADE ON DELETE CASCADE, no int, kind text, born bigint, v bigint, PRIMARY KEY (root_id, no));
CREATE TABLE leaves (id int PRIMARY KEY, root_id int, mid_no int, look_id int, note text, big text, born bigint, v bigint,
  FOREIGN KEY (root_id, mid_no) REFERENCES mids ON UPDATE CASCADE ON DELETE CASCADE);
CREATE TABLE atoms (id int PRIMARY KEY, leaf_id int, val numeric, born bigint, v bigint);
ALTER TABLE roots ALTER big SET STORAGE EXTERNAL;
ALTER TABLE leaves ALTER big SET STORAGE EXTERNAL;
CREATE INDEX ON leaves (root_id, mid_no); CREATE INDEX ON atoms (leaf_id);
${['looks', 'roots', 'mids', 'leaves', 'atoms']
  .map((table) => `CREATE TRIGGER stamp BEFORE INSERT OR UPDATE ON ${table} FOR EACH ROW EXECUTE FUNCTION stamp();`)
  .join('\n')}
${['looks', 'roots', 'leaves', 'atoms']
  .map(
    (table) =>
      `CREATE TRIGGER rebirth BEFORE UPDATE ON ${table} FOR EACH ROW WHEN (OLD.id <> NEW.id) EXECUTE FUNCTION rebirth();`,
  )
  .join('\n')}
CREATE TRIGGER rebirth BEFORE UPDATE ON mids FOR EACH ROW WHEN (OLD.no <> NEW.no OR OLD.root_id <> NEW.root_id) EXECUTE FUNCTION rebirth();
INSERT INTO looks SELECT i, 'l' || i FROM generate_series(1, 6) i;
INSERT INTO roots SELECT i, 'c' || i % 40, 't' || i, 1 + i % 6, nullif(i / 3, 0), oracle.big('r' || i, 3) FROM generate_series(1, 60) i;
INSERT INTO mids SELECT r, n, 'k' || n FROM generate_series(1, 60) r, generate_series(1, 3) n;
INSERT INTO leaves SELECT i, 1 + i % 60, 1 + i % 3, 1 + i % 6, 'n' || i, CASE WHEN i % 4 = 0 THEN oracle.big('l' || i, 3) END FROM generate_series(1, 200) i;
INSERT INTO atoms SELECT i, 1 + i % 200, i FROM generate_series(1, 400) i;
`;

export const COLLECTIONS = `
roots:
  table: public.roots
  fields: { omit: [look_id, parent_id, shown] }
  embed:
    look: { one: public.looks, on: { id: look_id } }
    parent: { one: public.roots, on: { id: parent_id }, fields: [id, title, born, v] }
    children: { many: public.roots, on: { parent_id: id }, where: "columns.shown", fields: [id, born, v], sort: [-title], limit: 3 }
    mids:
      many: public.mids
      on: { root_id: id }
      fields: { omit: [root_id] }
      embed:
        leaves:
          many: public.leaves
          on: { root_id: root_id, mid_no: no }
          fields: [id, note, big, born, v]
          embed:
            look: { one: public.looks, on: { id: look_id } }
            atoms: { many: public.atoms, on: { leaf_id: id }, fields: { omit: [leaf_id] } }
codes:
  table: public.roots
  id: code
  where: "columns.code !== null && columns.shown"
  fields: [id, title]
looks:
  table: public.looks
  embed:
    roots: { many: public.roots, on: { look_id: id }, fields: [id, title, born, v], sort: [title], limit: 5 }
    leaves: { many: public.leaves, on: { look_id: id }, value: id }
atoms:
  table: public.atoms
  fields: [val, born, v]
  embed:
    leaf:
      one: public.leaves
      on: { id: leaf_id }
      flatten: true
      prefix: leaf_
      fields: [note]
      embed:
        mid: { one: public.mids, on: { root_id: root_id, no: mid_no }, fields: [kind], embed: { root: { one: public.roots, on: { id: root_id }, fields: [title] } } }
`;

const version = (alias: string) => `'born', oracle.l(${alias}.born), 'v', oracle.l(${alias}.v)`;
const look = (id: string) =>
  `(SELECT json_build_object('id', oracle.i(l.id), 'name', l.name, ${version('l')}) FROM looks l WHERE l.id = ${id})`;

export const TRUTH = {
  roots: `SELECT json_build_object('_id', oracle.i(r.id), 'code', r.code, 'title', r.title, 'big', r.big, ${version('r')},
    'look', ${look('r.look_id')},
    'parent', (SELECT json_build_object('id', oracle.i(p.id), 'title', p.title, ${version('p')}) FROM roots p WHERE p.id = r.parent_id),
    'children', oracle.items((SELECT json_agg(j ORDER BY n) FROM (SELECT json_build_object('id', oracle.i(c.id), ${version('c')}) AS j,
       row_number() OVER (ORDER BY c.title COLLATE "C" DESC NULLS LAST, c.id) AS n FROM roots c WHERE c.parent_id = r.id AND c.shown) x WHERE n <= 3)),
    'mids', oracle.items((SELECT json_agg(json_build_object('no', oracle.i(m.no), 'kind', m.kind, ${version('m')},
      'leaves', oracle.items((SELECT json_agg(json_build_object('id', oracle.i(f.id), 'note', f.note, 'big', f.big, ${version('f')},
        'look', ${look('f.look_id')},
        'atoms', oracle.items((SELECT json_agg(json_build_object('id', oracle.i(a.id), 'val', oracle.d(a.val), ${version('a')}) ORDER BY a.id)
          FROM atoms a WHERE a.leaf_id = f.id))) ORDER BY f.id)
        FROM leaves f WHERE f.root_id = m.root_id AND f.mid_no = m.no))) ORDER BY m.no) FROM mids m WHERE m.root_id = r.id))) FROM roots r`,
  codes: `SELECT DISTINCT ON (code) json_build_object('_id', code, 'id', oracle.i(id), 'title', title) FROM roots WHERE code IS NOT NULL AND shown ORDER BY code, id`,
  looks: `SELECT json_build_object('_id', oracle.i(l.id), 'name', l.name, ${version('l')},
    'roots', oracle.items((SELECT json_agg(j ORDER BY n) FROM (SELECT json_build_object('id', oracle.i(r.id), 'title', r.title, ${version('r')}) AS j,
       row_number() OVER (ORDER BY r.title COLLATE "C" NULLS FIRST, r.id) AS n FROM roots r WHERE r.look_id = l.id) x WHERE n <= 5)),
    'leaves', oracle.items((SELECT json_agg(oracle.i(f.id) ORDER BY f.id) FROM leaves f WHERE f.look_id = l.id))) FROM looks l`,
  atoms: `SELECT json_build_object('_id', oracle.i(a.id), 'val', oracle.d(a.val), ${version('a')}, 'leaf_note', f.note,
    'leaf_mid', (SELECT json_build_object('kind', m.kind, 'root', (SELECT json_build_object('title', r.title) FROM roots r WHERE r.id = f.root_id))
       FROM mids m WHERE m.root_id = f.root_id AND m.no = f.mid_no)) FROM atoms a LEFT JOIN leaves f ON f.id = a.leaf_id`,
};
