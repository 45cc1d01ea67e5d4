import { describe, expect, test } from '@jest/globals';
import { Binary, Decimal128, Double, Int32, Long, ObjectId, serialize } from 'bson';
import fc from 'fast-check';
import type { LogRecord } from '../log.js';
import { decodeRecords, encodeRecords } from './record.codec.js';

describe('records of the Kafka log', () => {
  test('come back as they were: texts of any characters, null, lists, numbers', () => {
    const text = fc.string({ unit: 'grapheme' });
    const value = fc.oneof(
      text,
      fc.constant(null),
      fc.boolean(),
      fc.integer(),
      fc.double({ noNaN: true }),
      fc.array(text),
    );
    fc.assert(
      fc.property(fc.array(fc.record({ bytes: fc.nat(), a: value, b: value })), (records) => {
        expect(decodeRecords(encodeRecords(records))).toEqual(records);
      }),
    );
  });

  test('keep the BSON type of each `_id`', () => {
    const ids = [
      new Int32(5),
      new Long(5n),
      new Double(5),
      Decimal128.fromString('5.00'),
      new ObjectId(),
      new Binary(Uint8Array.of(1, 2), 4),
      { a: new Long(1n), b: 'x' },
      'x',
      null,
    ];
    const [record] = decodeRecords(encodeRecords([{ bytes: 1, ids } as LogRecord]));
    expect(serialize(record as LogRecord & { ids: unknown[] })).toEqual(serialize({ bytes: 1, ids }));
  });

  test('leave out what is undefined', () => {
    expect(decodeRecords(encodeRecords([{ bytes: 1, missing: undefined } as LogRecord]))).toEqual([{ bytes: 1 }]);
  });

  test('may be larger than the buffer that BSON has unasked', () => {
    const tuple = 'x'.repeat(20 * 1024 * 1024);
    const [record] = decodeRecords(encodeRecords([{ bytes: tuple.length, tuple } as LogRecord]));
    expect((record as LogRecord & { tuple: string }).tuple).toBe(tuple);
  });

  test('of another layout are refused', () => {
    expect(() => decodeRecords(serialize({ v: 2, r: [] }))).toThrow('version 2');
    expect(() => decodeRecords(Uint8Array.of(1, 2, 3))).toThrow();
  });
});
