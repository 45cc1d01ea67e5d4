import { expect, test } from '@jest/globals';
import { testMongo } from '#testing';
import { IN_ORDER } from './order.cases.js';

test('MongoDB has values in the order that the simulated one has, and takes the same ones for equal', async () => {
  await using mongo = await testMongo();
  const values = mongo.db.collection<{ _id: number; place: number; of: object }>('values');
  const all = IN_ORDER.flatMap((equals, place) => equals.map((value) => ({ place, of: { value } })));
  await values.insertMany(all.map((each, _id) => ({ _id, ...each })).reverse());
  const sorted = await values.find().sort({ of: 1, _id: 1 }).toArray();
  expect(sorted.map(({ _id }) => _id)).toEqual(all.map((_, i) => i));
  const groups = await values.aggregate([{ $group: { _id: '$of', places: { $addToSet: '$place' } } }]).toArray();
  expect(groups.map(({ places }) => places).sort(([a], [b]) => a - b)).toEqual(IN_ORDER.map((_, place) => [place]));
});
