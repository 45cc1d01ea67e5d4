import { createConnection, createServer, type Server as Listener, type Socket } from 'node:net';
import { expect, test } from '@jest/globals';
import { MongoClient } from 'mongodb';
import { startMongo } from '#servers';
import { testMongo, waitFor } from '#testing';
import { CODE, RawTransaction, refusalOf } from './testing/raw-transaction.js';

const LIFETIME_S = 3;

/** Passes everything on to a port, until it is cut. */
class Wire implements AsyncDisposable {
  private readonly sockets = new Set<Socket>();
  private constructor(private readonly listener: Listener) {}

  static async to(port: number): Promise<Wire> {
    const wire: Wire = new Wire(
      createServer((near) => {
        const far = createConnection(port, '127.0.0.1');
        for (const [from, to] of [
          [near, far],
          [far, near],
        ] as const) {
          wire.sockets.add(from);
          from.on('error', () => undefined).pipe(to);
        }
      }),
    );
    await new Promise<void>((listening) => wire.listener.listen(0, '127.0.0.1', listening));
    return wire;
  }

  get port(): number {
    return (this.listener.address() as { port: number }).port;
  }

  cut(): void {
    this.listener.close();
    for (const socket of this.sockets) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
  }
}

test('a transaction whose connection broke holds what it wrote until the server ends it, when its time is over', async () => {
  await using server = await startMongo({ args: ['--setParameter', `transactionLifetimeLimitSeconds=${LIFETIME_S}`] });
  await using wire = await Wire.to(server.port);
  const killed = new MongoClient(
    `mongodb://127.0.0.1:${wire.port}/?directConnection=true&serverSelectionTimeoutMS=300`,
  );
  const client = await new MongoClient(server.uri).connect();
  const rows = client.db('left').collection<{ _id: string; n: number }>('rows');
  await rows.insertOne({ _id: 'a', n: 0 });
  const left = new RawTransaction(killed);
  await killed
    .db('left')
    .collection(rows.collectionName)
    .updateOne({}, { $set: { n: 1 } }, { session: left.session });
  const began = Date.now();
  wire.cut();
  const write = async (): Promise<boolean> => {
    await using next = new RawTransaction(client);
    await rows.updateOne({ _id: 'a' }, { $set: { n: 2 } }, { session: next.session });
    await next.commit();
    return true;
  };
  expect(await refusalOf(write())).toEqual({ code: CODE.writeConflict, isTransient: true });
  await waitFor(write);
  expect(Date.now() - began).toBeGreaterThan((LIFETIME_S - 1) * 1_000);
  expect(await rows.findOne()).toEqual({ _id: 'a', n: 2 });
  await Promise.all([client.close(), killed.close(true)]);
});

test('the time of a transaction is a minute, where nobody has set another one', async () => {
  await using mongo = await testMongo();
  const { transactionLifetimeLimitSeconds } = await mongo.client
    .db('admin')
    .command({ getParameter: 1, transactionLifetimeLimitSeconds: 1 });
  expect(transactionLifetimeLimitSeconds).toBe(60);
});
