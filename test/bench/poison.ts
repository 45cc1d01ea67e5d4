import { MongoClient } from 'mongodb';
import { openSqlSession, type Server } from '#servers';
import { Bed, type Bench } from './bed.js';
import { type Figure, MARKS } from './figures.js';
import { isPhase } from './measures.js';

const DOCUMENTS = 100_000;
const BAD = 100;
const ROWS_PER_TRANSACTION = 1_000;

/** Those that the validator refuses are spread evenly: a batch of some hundred documents has one or none. */
const ROWS = [
  `DROP TABLE IF EXISTS shop.documents;
CREATE TABLE shop.documents (id int PRIMARY KEY, size int NOT NULL, note text NOT NULL);
INSERT INTO shop.documents SELECT i, CASE WHEN i % ${DOCUMENTS / BAD} = 0 THEN -1 ELSE i END, 'note ' || md5(i::text)
  FROM generate_series(1, ${DOCUMENTS}) i`,
  'VACUUM ANALYZE shop.documents',
];

const CHANGES = [
  `CREATE OR REPLACE PROCEDURE public.bench_poison() LANGUAGE plpgsql AS $$
BEGIN
  FOR t IN 0 .. ${DOCUMENTS / ROWS_PER_TRANSACTION - 1} LOOP
    UPDATE shop.documents SET note = 'again ' || md5(note)
      WHERE id > t * ${ROWS_PER_TRANSACTION} AND id <= (t + 1) * ${ROWS_PER_TRANSACTION};
    COMMIT;
  END LOOP;
END $$`,
  'CALL public.bench_poison()',
];

interface Pace {
  builtPerSecond: number;
  changesPerSecond: number;
}

/** How much of its pace a job keeps when MongoDB refuses 100 documents of 100,000: while it builds, and while it follows changes. */
export async function poison(bench: Bench, postgres: Server): Promise<Figure[]> {
  bench.say(`  ${BAD} bad documents among ${DOCUMENTS}`);
  const clean = await paceOf(bench, postgres, false);
  const poisoned = await paceOf(bench, postgres, true);
  const figure = (name: string, unit: string, value: number): Figure => ({ measure: 'poison', name, unit, value });
  const share = (name: string, value: number): Figure => ({
    ...figure(name, 'of 1', value),
    mark: MARKS.poisonedShare,
  });
  return [
    figure('building without', 'documents/s', clean.builtPerSecond),
    figure('building with bad ones', 'documents/s', poisoned.builtPerSecond),
    share('building, share', poisoned.builtPerSecond / clean.builtPerSecond),
    figure('changes without', 'changes/s', clean.changesPerSecond),
    figure('changes with bad ones', 'changes/s', poisoned.changesPerSecond),
    share('changes, share', poisoned.changesPerSecond / clean.changesPerSecond),
  ];
}

async function paceOf(bench: Bench, postgres: Server, isPoisoned: boolean): Promise<Pace> {
  await using bed = await Bed.make(bench, 'poison', postgres);
  await sql(postgres.uri, ROWS);
  await refuse(bed, isPoisoned);
  const loading = bed.start(['run', '--until-synced']);
  const begunMs = await loading.said(isPhase('building'));
  const builtMs = await loading.said(isPhase('streaming'));
  await loading.success();
  await confirm(bed, isPoisoned);
  await sql(postgres.uri, CHANGES);
  const following = bed.start(['run', '--until-synced']);
  const streamingMs = await following.said(isPhase('streaming'));
  const syncedMs = await following.said(({ kind }) => kind === 'outcome');
  await following.success();
  return {
    builtPerSecond: DOCUMENTS / ((builtMs - begunMs) / 1_000),
    changesPerSecond: DOCUMENTS / ((syncedMs - streamingMs) / 1_000),
  };
}

async function sql(uri: string, statements: readonly string[]): Promise<void> {
  const session = await openSqlSession(uri);
  try {
    for (const statement of statements) await session.query(statement);
  } finally {
    await session.close();
  }
}

async function refuse(bed: Bed, isPoisoned: boolean): Promise<void> {
  const client = await new MongoClient(bed.mongo.uri).connect();
  const validator = isPoisoned ? { size: { $gte: 0 } } : {};
  await client.db(bed.database).createCollection('documents', { validator });
  await client.close();
}

async function confirm(bed: Bed, isPoisoned: boolean): Promise<void> {
  const client = await new MongoClient(bed.mongo.uri).connect();
  const found = await client.db(bed.database).collection('documents').countDocuments();
  await client.close();
  const wanted = isPoisoned ? DOCUMENTS - BAD : DOCUMENTS;
  if (found !== wanted) throw new Error(`${found} documents in the target, not ${wanted}`);
}
