import { describe, expect, test } from '@jest/globals';
import type { Trouble } from './troubles.js';
import { troublesInWords } from './troubles-in-words.js';

const NOW = new Date('2025-03-04T12:05:00Z');
const trouble = (service: string, message: string, since = '12:01:30', process = 'p'): Trouble => ({
  job: 'shop',
  service,
  process,
  message,
  since: new Date(`2025-03-04T${since}Z`),
});

describe('troubles are told', () => {
  test.each<[string, Trouble[], string | undefined]>([
    ['not where there are none', [], undefined],
    ['with their service', [trouble('write', 'no Kafka')], 'write: no Kafka (since 12:01:30 UTC)'],
    [
      'once of replicas that say the same, since the first has it',
      [trouble('write', 'no Kafka', '12:03:00', 'a'), trouble('write', 'no Kafka', '12:02:00', 'b')],
      'write: no Kafka (2 replicas, since 12:02:00 UTC)',
    ],
    [
      'once of services that say the same',
      [trouble('write', 'no Kafka', '12:03:00', 'a'), trouble('transform', 'no Kafka'), trouble('ingest', 'no source')],
      'ingest: no source (since 12:01:30 UTC); transform, write: no Kafka (since 12:01:30 UTC)',
    ],
    [
      'in the same order however they come',
      [trouble('write', 'b'), trouble('write', 'a'), trouble('ingest', 'c')],
      'ingest: c (since 12:01:30 UTC); write: a (since 12:01:30 UTC); write: b (since 12:01:30 UTC)',
    ],
    [
      'up to a few',
      ['a', 'b', 'c', 'd', 'e'].map((message) => trouble('write', message)),
      'write: a (since 12:01:30 UTC); write: b (since 12:01:30 UTC); write: c (since 12:01:30 UTC); and 2 more',
    ],
  ])('%s', (_, troubles, words) => {
    expect(troublesInWords(troubles, NOW)).toBe(words);
  });

  test('with the day where it was another one', () => {
    expect(troublesInWords([trouble('write', 'no Kafka')], new Date('2025-03-05T00:00:00Z'))).toBe(
      'write: no Kafka (since 2025-03-04 12:01:30 UTC)',
    );
  });
});
