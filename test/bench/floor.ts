import { type ClientSession, type Collection, type Document, MongoClient } from 'mongodb';
import type { Bed } from './bed.js';
import type { Figure } from './figures.js';
import { cpuSecondsOf } from './server-cpu.js';

const LANES = 2;
const DOCUMENTS_PER_TRANSACTION = 2000;
/** Read together, without the clock running; then inserted. */
const DOCUMENTS_PER_ROUND = LANES * 4 * DOCUMENTS_PER_TRANSACTION;

const TRANSACTION = { readConcern: { level: 'snapshot' }, writeConcern: { w: 'majority' } } as const;

interface Spent {
  seconds: number;
  mongoCpuSeconds: number;
}

/**
 * What no load can beat on this machine: the very documents that the load left on the stage and in the target, put into
 * empty collections by bare inserts in majority transactions, without a source, without reading, without assembling. It
 * tells a slow machine from a slow Millrace.
 */
export async function floor(bed: Bed, rows: number): Promise<Figure[]> {
  bed.bench.say('  bare inserts of the same documents');
  const client = await new MongoClient(bed.mongo.uri).connect();
  try {
    const spent: Spent = { seconds: 0, mongoCpuSeconds: 0 };
    const copies = client.db('floor');
    for (const from of await written(client, bed.database)) {
      const to = await copies.createCollection(`${from.dbName}.${from.collectionName}`);
      for (let after: unknown; ; ) {
        const documents = await page(from, after);
        await timed(bed.mongo.pid, spent, () => insert(client, to, documents));
        if (documents.length < DOCUMENTS_PER_ROUND) break;
        after = documents.at(-1)?._id;
      }
    }
    return [
      { measure: 'load-flat', name: 'bare inserts', unit: 'rows/s', value: rows / spent.seconds },
      {
        measure: 'load-flat',
        name: 'CPU of MongoDB for them',
        unit: 'CPU s/million rows',
        value: (spent.mongoCpuSeconds / rows) * 1e6,
      },
    ];
  } finally {
    await client.close();
  }
}

async function written(client: MongoClient, database: string): Promise<Collection<Document>[]> {
  const target = await client.db(database).collections();
  const state = await client.db(`millrace_${database}`).collections();
  return [...state.filter(({ collectionName }) => collectionName.startsWith('stage_')), ...target];
}

/** Types kept apart, so that the copy has the same bytes. */
function page(from: Collection<Document>, after: unknown): Promise<Document[]> {
  return from
    .find((after === undefined ? {} : { _id: { $gt: after } }) as Document, { promoteValues: false })
    .sort({ _id: 1 })
    .limit(DOCUMENTS_PER_ROUND)
    .toArray();
}

async function timed(pid: number, spent: Spent, work: () => Promise<unknown>): Promise<void> {
  const cpu = async (): Promise<number> => (await cpuSecondsOf(pid)) ?? Number.NaN;
  const cpuBefore = await cpu();
  const beganMs = performance.now();
  await work();
  spent.seconds += (performance.now() - beganMs) / 1000;
  spent.mongoCpuSeconds += (await cpu()) - cpuBefore;
}

function insert(client: MongoClient, to: Collection<Document>, documents: Document[]): Promise<unknown> {
  const lane = async (first: number): Promise<void> => {
    for (let at = first; at < documents.length; at += LANES * DOCUMENTS_PER_TRANSACTION) {
      const some = documents.slice(at, at + DOCUMENTS_PER_TRANSACTION);
      await client.withSession((session) => session.withTransaction((inTx) => bulk(to, some, inTx), TRANSACTION));
    }
  };
  return Promise.all(Array.from({ length: LANES }, (_, n) => lane(n * DOCUMENTS_PER_TRANSACTION)));
}

async function bulk(to: Collection<Document>, documents: Document[], session: ClientSession): Promise<void> {
  await to.insertMany(documents, { session });
}
