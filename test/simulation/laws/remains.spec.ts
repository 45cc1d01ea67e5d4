import { expect, test } from '@jest/globals';
import { remainsOf } from './remains.js';

const servers = (name: string | undefined) => {
  const names = () => (name === undefined ? [] : [name]);
  const mongo = { collectionNames: (database: string) => (database === 'state' ? names() : ['of somebody else']) };
  return { postgres: { slotNames: names, publicationNames: names }, broker: { topicNames: names }, mongo };
};

test('whatever is left of a job is told, and nothing else', () => {
  expect(remainsOf(servers(undefined), 'state')).toEqual([]);
  expect(remainsOf(servers('a'), 'state')).toEqual(['slot a', 'publication a', 'topic a', 'collection state.a']);
});
