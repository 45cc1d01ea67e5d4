import type { Random } from '../simulation/kernel/index.js';

/** A transaction as one string: some statements, perhaps with savepoints, perhaps rolled back. */
export function transaction(chance: Random): string {
  const statements: string[] = [];
  const length = chance.one([1, 1, 2, 3, 6]);
  for (let i = 0; i < length; i++) {
    const some = statement(chance);
    statements.push(chance.below(8) > 0 ? some : `SAVEPOINT s; ${some}; ROLLBACK TO s`);
  }
  return `BEGIN; ${statements.join('; ')}; ${chance.below(10) > 0 ? 'COMMIT' : 'ROLLBACK'}`;
}

type Kind = (chance: Random) => string;
const root = (chance: Random) => 1 + chance.below(70);
const mid = (chance: Random) => 1 + chance.below(4);
const leaf = (chance: Random) => 1 + chance.below(220);
const atom = (chance: Random) => 1 + chance.below(440);
const look = (chance: Random) => chance.one(['1', '2', '3', '4', '5', '6', '7', 'NULL']);
const code = (chance: Random) => chance.one([`'c${chance.below(40)}'`, `'c${chance.below(5)}'`, 'NULL']);
const big = (chance: Random) => `oracle.big('${chance.below(1e9)}', 3)`;

const INSERTS: Kind[] = [
  (
    c,
  ) => `INSERT INTO roots (id, code, title, look_id, parent_id, big) VALUES (${root(c)}, ${code(c)}, 'i${c.below(99)}',
    (SELECT id FROM looks WHERE id = ${look(c)}), (SELECT id FROM roots WHERE id = ${root(c)}), ${big(c)}) ON CONFLICT (id) DO UPDATE SET title = excluded.title`,
  (c) =>
    `INSERT INTO mids (root_id, no, kind) SELECT id, ${mid(c)}, 'i' FROM roots WHERE id BETWEEN ${root(c)} AND ${root(c)} ON CONFLICT DO NOTHING`,
  (
    c,
  ) => `INSERT INTO leaves (id, root_id, mid_no, look_id, note, big) SELECT ${leaf(c)}, root_id, no, ${look(c)}, 'i', ${big(c)} FROM mids
    WHERE root_id >= ${root(c)} ORDER BY root_id LIMIT 1 ON CONFLICT (id) DO UPDATE SET note = excluded.note || leaves.id`,
  (c) =>
    `INSERT INTO atoms (id, leaf_id, val) SELECT i, ${leaf(c)}, i FROM generate_series(${atom(c)}, ${atom(c)}) i ON CONFLICT DO NOTHING`,
  (c) =>
    `INSERT INTO looks (id, name) VALUES (${1 + c.below(7)}, 'i${c.below(99)}') ON CONFLICT (id) DO UPDATE SET name = excluded.name`,
];
const UPDATES: Kind[] = [
  (c) => `UPDATE roots SET title = ${c.one(["'u' || id", 'NULL', "title || '.'"])} WHERE id = ${root(c)}`,
  (c) => `UPDATE roots SET big = ${c.one([big(c), 'NULL', "'small'"])}, title = 'b' WHERE id = ${root(c)}`,
  (c) => `UPDATE roots SET shown = NOT shown WHERE id % 10 = ${c.below(10)}`,
  (c) => `UPDATE roots SET code = ${code(c)} WHERE id = ${root(c)}`,
  (c) => `UPDATE looks SET name = 'u' || v WHERE id = ${1 + c.below(7)}`,
  (c) => `UPDATE mids SET kind = 'u' || v WHERE root_id = ${root(c)}`,
  (c) => `UPDATE leaves SET note = 'u' || v WHERE id % 50 = ${c.below(50)}`,
  (c) => `UPDATE leaves SET big = ${big(c)} WHERE id = ${leaf(c)}`,
  (c) => `UPDATE atoms SET val = val + 0.50 WHERE id BETWEEN ${atom(c)} AND ${atom(c)} AND id % 7 = 0`,
];
const MOVES: Kind[] = [
  (c) => `UPDATE roots SET look_id = (SELECT id FROM looks WHERE id = ${look(c)}) WHERE id = ${root(c)}`,
  (c) => `UPDATE roots SET parent_id = (SELECT id FROM roots WHERE id = ${root(c)}) WHERE id % 15 = ${c.below(15)}`,
  (c) => `UPDATE leaves SET look_id = ${look(c)} WHERE id % 30 = ${c.below(30)}`,
  (c) =>
    `UPDATE leaves f SET root_id = m.root_id, mid_no = m.no FROM (SELECT * FROM mids WHERE root_id >= ${root(c)} ORDER BY root_id, no LIMIT 1) m WHERE f.id = ${leaf(c)}`,
  (c) => `UPDATE leaves SET root_id = NULL WHERE id = ${leaf(c)}`,
  (c) => `UPDATE atoms SET leaf_id = ${c.one([String(leaf(c)), 'NULL'])} WHERE id % 40 = ${c.below(40)}`,
  (c) =>
    `UPDATE mids SET root_id = (SELECT id FROM roots WHERE id >= ${root(c)} ORDER BY id LIMIT 1), no = ${20 + c.below(1e6)} WHERE root_id = ${root(c)} AND no = ${mid(c)}`,
  (c) => `UPDATE mids SET no = 5 + no WHERE root_id = ${root(c)}`,
];
const KEYS: Kind[] = [
  (c) => `UPDATE roots SET id = ${root(c)} WHERE id = ${root(c)}`,
  (c) => `UPDATE roots SET id = id + 1000 WHERE id = ${root(c)}; UPDATE roots SET id = ${root(c)} WHERE id > 1000`,
  (c) => `UPDATE leaves SET id = id + 1000 WHERE id = ${leaf(c)}; UPDATE leaves SET id = ${leaf(c)} WHERE id > 1000`,
  (c) => `UPDATE atoms SET id = 5000 - id WHERE id = ${atom(c)}`,
  (c) => `UPDATE looks SET id = ${1 + c.below(7)} WHERE id = ${1 + c.below(7)}`,
  (c) => swap(c, root(c), root(c)),
];
const DELETES: Kind[] = [
  (c) => `DELETE FROM roots WHERE id = ${root(c)}`,
  (c) => `DELETE FROM mids WHERE root_id = ${root(c)} AND no <= ${mid(c)}`,
  (c) => `DELETE FROM leaves WHERE id = ${leaf(c)}`,
  (c) => `DELETE FROM atoms WHERE id % 60 = ${c.below(60)}`,
  (c) => `DELETE FROM looks WHERE id = ${1 + c.below(7)}`,
  (c) =>
    `WITH gone AS (DELETE FROM leaves WHERE id = ${leaf(c)} RETURNING *) INSERT INTO leaves SELECT id + 3000, root_id, mid_no, look_id, note, big FROM gone`,
];
const TRUNCATES: Kind[] = [
  () => 'TRUNCATE atoms',
  (c) =>
    `TRUNCATE leaves; INSERT INTO leaves (id, root_id, mid_no, look_id, note) SELECT row_number() OVER (), root_id, no, ${look(c)}, 't' FROM mids`,
  () => `TRUNCATE mids CASCADE; INSERT INTO mids (root_id, no, kind) SELECT id, 1 + id % 3, 't' FROM roots`,
];

/** Two rows exchange keys and codes, so that each takes the other's `_id`. */
function swap(chance: Random, a: number, b: number): string {
  if (chance.below(2) === 0)
    return `UPDATE roots SET code = CASE id WHEN ${a} THEN 'c0' ELSE 'c1' END WHERE id IN (${a}, ${b})`;
  return `UPDATE roots SET id = -1 WHERE id = ${a}; UPDATE roots SET id = ${a} WHERE id = ${b}; UPDATE roots SET id = ${b} WHERE id = -1`;
}

const WEIGHTS: [number, Kind[]][] = [
  [30, INSERTS],
  [35, UPDATES],
  [25, MOVES],
  [12, KEYS],
  [10, DELETES],
  [1, TRUNCATES],
];
const TOTAL = WEIGHTS.reduce((sum, [weight]) => sum + weight, 0);

function statement(chance: Random): string {
  let at = chance.below(TOTAL);
  for (const [weight, kinds] of WEIGHTS) {
    if (at < weight) return chance.one(kinds)(chance);
    at -= weight;
  }
  throw new Error('weights do not add up');
}
