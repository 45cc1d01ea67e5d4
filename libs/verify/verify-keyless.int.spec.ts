import { expect, test } from '@jest/globals';
import { shop } from './testing/shop.js';
import { verifyDocuments } from './verify.js';

const NEVER = new AbortController().signal;

test('a table without key is verified from its blocks, each root as it is read', async () => {
  await using context = await shop(
    `CREATE TABLE events (code text NOT NULL, note text); INSERT INTO events SELECT 'e' || g, 'n' || g FROM generate_series(1, 5000) g;`,
    '  events: { table: public.events, id: code }\n',
  );
  await context.fill();
  const events = context.mongo.db.collection('events');
  const verify = () => verifyDocuments(context.deps, { repair: false }, NEVER);
  expect(await verify()).toMatchObject({ equal: 5_000, different: 0, missing: 0, extra: 0 });
  await events.updateOne({ _id: 'e7' as never }, { $set: { note: 'x' } });
  await events.deleteOne({ _id: 'e8' as never });
  await events.insertOne({ _id: 'odd' as never });
  expect(await verify()).toMatchObject({ equal: 4_998, different: 1, missing: 1, extra: 1 });
});
