import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { startRedis } from '#servers';
import { testKafka, testMongo, testPostgres, waitFor } from '#testing';
import { composeServices } from '../deploy/compose-services.js';
import { startMillrace } from './kit/processes.js';
import { Replica } from './kit/services.js';

/**
 * There is no container engine to count on, so this is docker-compose.yml without one: its own services, by the same commands
 * with the same environment, as processes on real servers, host names replaced by the table of compose-services.ts; and then
 * what docs/60-deployment.md tells a newcomer to do.
 */

const ROOT = join(import.meta.dirname, '../..');
const SLOWLY = { timeoutMs: 240_000, everyMs: 500 };
const read = (file: string): Promise<string> => readFile(join(ROOT, file), 'utf8');

/** As an address in the table: without the scheme. */
const place = (uri: string): string => uri.replace(/^\w+:\/\//, '');

const all = async (work: Promise<void>[]): Promise<void> => void (await Promise.all(work));

test('the services of docker-compose.yml load the demo shop, follow it, verify it and complete the job', async () => {
  await using postgres = await testPostgres();
  await using mongo = await testMongo({ dedicated: true });
  await using redis = await startRedis();
  const { brokers } = await testKafka();
  await postgres.exec(await read('deploy/demo/shop.sql'));
  const services = composeServices(await read('docker-compose.yml'), {
    addresses: {
      kafka: brokers[0] as string,
      mongo: place(mongo.uri),
      redis: place(redis.uri),
      postgres: place(postgres.uri),
    },
  });
  const replicas = services.flatMap(({ name, command, environment, replicas: count }) =>
    Array.from({ length: count }, () => Replica.spawn(name, environment, command)),
  );
  await using _ended = { [Symbol.asyncDispose]: () => all(replicas.map((each) => each[Symbol.asyncDispose]())) };
  await Promise.all(replicas.map((replica) => replica.up()));
  const console_ = replicas.find(({ service }) => service === 'console') as Replica;
  const port = new URL(console_.url).port;
  const env = { MILLRACE_SERVER: `http://127.0.0.1:${port}`, MILLRACE_TOKEN: 'for-this-machine-only' };
  const millrace = async (...args: string[]) => {
    const run = startMillrace([...args, '--json'], env);
    const { code } = await run.ended;
    if (code !== 0) throw new Error(`millrace ${args.join(' ')} ended with ${code}: ${run.err}${run.out}`);
    return run.out;
  };
  await millrace('jobs', 'create', join(ROOT, 'deploy/demo/shop.yaml'));
  await waitFor(async () => JSON.parse(await millrace('status', 'shop')).phase === 'streaming', SLOWLY);
  await postgres.exec("UPDATE orders SET status = 'returned' WHERE id = 7");
  const verified = JSON.parse((await millrace('verify', 'shop')).trim().split('\n').at(-1) as string);
  expect(verified).toMatchObject({ different: 0, missing: 0, extra: 0, deadLetters: 0 });
  const order = await mongo.client.db('shop').collection<{ _id: number }>('orders').findOne({ _id: 7 });
  expect(order).toMatchObject({ status: 'returned' });
  await millrace('complete', 'shop');
  expect(
    await postgres.query("SELECT slot_name FROM pg_replication_slots WHERE slot_name LIKE 'millrace_shop%'"),
  ).toEqual([]);
  expect(await Promise.all(replicas.map((replica) => replica.stop()))).toEqual(replicas.map(() => 0));
}, 600_000);
