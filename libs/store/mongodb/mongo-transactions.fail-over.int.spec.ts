import { setTimeout } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type ClusterTime, type Collection, type Document, MongoClient, type Timestamp } from 'mongodb';
import type { Store } from '#store';
import { type ReplicaSet, startReplicaSet, waitFor } from '#testing';
import { openMongoStore } from './open-mongo-store.js';
import { CODE, RawTransaction, refusalOf } from './testing/raw-transaction.js';

/** What is left of transactions when another member becomes the primary, as the simulated server has it. */

interface Row {
  _id: string;
  n?: number;
}

const SHORT_MS = 500;
const ROWS = { database: 'state', name: 'rows' } as const;

let set: ReplicaSet;
let members: MongoClient[];
let rows: Collection<Row>;
let names = 0;

beforeAll(async () => {
  set = await startReplicaSet({ args: ['--setParameter', 'enableTestCommands=1'] });
  await onlyTold();
  members = await Promise.all(set.memberUris.map((uri) => new MongoClient(uri).connect()));
}, 120_000);
afterAll(async () => {
  await Promise.all(members.map((member) => member.close()));
  await set[Symbol.asyncDispose]();
});

beforeEach(async () => {
  rows = set.client.db('failover').collection<Row>(`rows_${++names}`);
  await rows.insertOne({ _id: 'a', n: 0 }, { writeConcern: { w: 3 } });
});
afterEach(async () => {
  await Promise.all(members.map((_, member) => failpoint(member, 'stopReplProducer', 'off')));
  await Promise.all(members.map((_, member) => failpoint(member, 'blockHeartbeatStepdown', 'off')));
  await waitFor(async () => (await states()).filter((state) => state === 'SECONDARY').length === 2, {
    timeoutMs: 30_000,
  });
});

/** From now on whoever is told to becomes the primary, at once and with what it has; nobody does by itself. */
async function onlyTold(): Promise<void> {
  const admin = set.client.db('admin');
  const { config } = await admin.command({ replSetGetConfig: 1 });
  const settings = { ...config.settings, electionTimeoutMillis: 60_000, catchUpTimeoutMillis: 0 };
  await admin.command({ replSetReconfig: { ...config, version: config.version + 1, settings } });
}

const admin = (member: number, command: Document) => (members[member] as MongoClient).db('admin').command(command);
const failpoint = (member: number, name: string, mode: 'alwaysOn' | 'off') =>
  admin(member, { configureFailPoint: name, mode });

async function states(): Promise<string[]> {
  const status = await set.client.db('admin').command({ replSetGetStatus: 1 });
  return (status as { members: { stateStr: string }[] }).members.map(({ stateStr }) => stateStr);
}

/** The primary and one of the others. */
async function two(): Promise<[primary: number, other: number]> {
  const primary = await set.primary();
  return [primary, (primary + 1) % 3];
}

async function becomesPrimary(member: number): Promise<void> {
  await waitFor(() => admin(member, { replSetStepUp: 1 }));
  await waitFor(async () => (await admin(member, { hello: 1 }))['isWritablePrimary']);
}

/** What the primary writes stays with it. */
async function cutOff(primary: number): Promise<void> {
  for (const member of [0, 1, 2]) if (member !== primary) await failpoint(member, 'stopReplProducer', 'alwaysOn');
}

const onMember = (member: number) =>
  (members[member] as MongoClient).db('failover').collection<Row>(rows.collectionName);
const majority = { readConcern: { level: 'majority' } } as const;

describe('what no majority has', () => {
  test('is on the primary, is seen by no read of the majority, and is not acknowledged', async () => {
    const [primary] = await two();
    await cutOff(primary);
    await onMember(primary).updateOne({ _id: 'a' }, { $set: { n: 1 } }, { writeConcern: { w: 1 } });
    expect(await rows.findOne({ _id: 'a' }, { readConcern: { level: 'local' } })).toEqual({ _id: 'a', n: 1 });
    expect(await rows.findOne({ _id: 'a' }, majority)).toEqual({ _id: 'a', n: 0 });
    const waiting = rows.updateOne(
      { _id: 'a' },
      { $set: { n: 2 } },
      { writeConcern: { w: 'majority', wtimeoutMS: SHORT_MS } },
    );
    await expect(waiting).rejects.toMatchObject({ code: 64 });
  });

  test.each([
    ['a transaction', (store: Store) => store.transact('test', (tx) => tx.put(ROWS, [{ _id: 'a' }]))],
    ['a write', (store: Store) => store.write.put(ROWS, [{ _id: 'a' }])],
  ])('is acknowledged by the store to nobody: %s', async (_, write) => {
    const [primary] = await two();
    const store = await openMongoStore({
      uri: set.uri,
      stateDatabase: 'failover_state',
      targetDatabase: 'failover_target',
      appName: 'test',
    });
    await store.createCollection(ROWS);
    await cutOff(primary);
    let isAcknowledged = false;
    const writing = write(store).then(() => {
      isAcknowledged = true;
    });
    await setTimeout(SHORT_MS);
    expect(isAcknowledged).toBe(false);
    await Promise.all(members.map((__, member) => failpoint(member, 'stopReplProducer', 'off')));
    await writing;
    await store.close();
  });

  test('may be read in a transaction, which then is not acknowledged before a majority has it, though it wrote nothing', async () => {
    const [primary] = await two();
    await cutOff(primary);
    await onMember(primary).updateOne({ _id: 'a' }, { $set: { n: 1 } }, { writeConcern: { w: 1 } });
    await using reading = new RawTransaction(set.client);
    expect(await rows.findOne({ _id: 'a' }, { session: reading.session })).toEqual({ _id: 'a', n: 1 });
    let isAcknowledged = false;
    const committing = reading.commit().then(() => {
      isAcknowledged = true;
    });
    await expect(
      rows.updateOne(
        { _id: 'b' },
        { $set: { n: 2 } },
        { upsert: true, writeConcern: { w: 'majority', wtimeoutMS: SHORT_MS } },
      ),
    ).rejects.toMatchObject({ code: 64 });
    expect(isAcknowledged).toBe(false);
    await Promise.all([0, 1, 2].map((member) => failpoint(member, 'stopReplProducer', 'off')));
    await committing;
  });
});

describe('a commit that was not acknowledged', () => {
  /** On the primary at least. */
  async function committed(): Promise<RawTransaction> {
    const transaction = new RawTransaction(set.client);
    const { session } = transaction;
    await rows.replaceOne({ _id: 'a' }, { _id: 'a', n: 1 } as Row, { session });
    const command = { commitTransaction: 1, writeConcern: { w: 'majority', wtimeout: SHORT_MS } };
    await set.client
      .db('admin')
      .command(command, { session })
      .catch(() => undefined);
    return transaction;
  }

  test('and that the new primary has is answered alike when it is asked for again', async () => {
    const [, next] = await two();
    await using transaction = await committed();
    await waitFor(async () => (await onMember(next).findOne({ _id: 'a' }))?.n === 1);
    await becomesPrimary(next);
    await transaction.commit();
    expect(await rows.findOne({ _id: 'a' }, majority)).toEqual({ _id: 'a', n: 1 });
  });

  test('and that the new primary has not is no transaction there, and leaves nothing', async () => {
    const [primary, next] = await two();
    await cutOff(primary);
    await using transaction = await committed();
    expect(await onMember(primary).findOne({ _id: 'a' })).toEqual({ _id: 'a', n: 1 });
    await becomesPrimary(next);
    expect(await refusalOf(transaction.commit())).toEqual({ code: CODE.noSuchTransaction, isTransient: true });
    expect(await rows.findOne({ _id: 'a' }, majority)).toEqual({ _id: 'a', n: 0 });
  });

  test('of a transaction that only read is known to nobody else', async () => {
    const [, next] = await two();
    await using reading = new RawTransaction(set.client);
    await rows.findOne({ _id: 'a' }, { session: reading.session });
    await becomesPrimary(next);
    expect(await refusalOf(reading.commit())).toEqual({ code: CODE.noSuchTransaction, isTransient: true });
  });
});

describe('a primary that does not know that it was deposed', () => {
  /** Another one has written `n: 1` by then. */
  async function deposed(): Promise<{ former: number; next: number }> {
    const [former, next] = await two();
    await failpoint(former, 'blockHeartbeatStepdown', 'alwaysOn');
    await becomesPrimary(next);
    await onMember(next).updateOne({ _id: 'a' }, { $set: { n: 1 } }, { writeConcern: { w: 1 } });
    return { former, next };
  }

  test('answers reads of old, and takes writes, and commits nothing', async () => {
    const { former, next } = await deposed();
    await using stale = new RawTransaction(members[former] as MongoClient);
    expect(await onMember(former).findOne({ _id: 'a' }, { session: stale.session })).toEqual({ _id: 'a', n: 0 });
    await onMember(former).replaceOne({ _id: 'a' }, { _id: 'a', n: 10 } as Row, { session: stale.session });
    await expect(stale.commit()).rejects.toMatchObject({
      codeName: expect.stringMatching(/PrimarySteppedDown|NotWritable/),
    });
    expect(await onMember(next).findOne({ _id: 'a' })).toEqual({ _id: 'a', n: 1 });
  });

  test('answers no read of whoever knows of a later time', async () => {
    const { former, next } = await deposed();
    const telling = (members[next] as MongoClient).startSession();
    await onMember(next).findOne({ _id: 'a' }, { session: telling });
    const told = (members[former] as MongoClient).startSession({ causalConsistency: true });
    told.advanceOperationTime(telling.operationTime as Timestamp);
    told.advanceClusterTime(telling.clusterTime as ClusterTime);
    const asking = onMember(former).findOne({ _id: 'a' }, { session: told, maxTimeMS: SHORT_MS });
    expect((await refusalOf(asking)).code).toBe(CODE.timedOut);
    await telling.endSession();
    await told.endSession();
  });
});
