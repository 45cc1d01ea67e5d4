import { describe, expect, test } from '@jest/globals';
import { Binary, Decimal128, Double, Int32, Long } from 'bson';
import { readable, readableValue, withBsonValues } from './extended-json.js';

describe('a document for people', () => {
  test('has a line per field, small things on one line, in the order of the document', () => {
    const document = {
      _id: new Int32(7),
      placedAt: new Date('2024-02-29T12:00:00Z'),
      customer: { id: new Int32(1), name: 'Ada' },
      lines: [
        { line_no: new Int32(1), price: Decimal128.fromString('1.50') },
        { line_no: new Int32(2), price: Decimal128.fromString('2') },
      ],
      tags: ['gift', 'web'],
      note: null,
    };
    expect(readable(document)).toBe(`{
  "_id": 7,
  "placedAt": { "$date": "2024-02-29T12:00:00.000Z" },
  "customer": { "id": 1, "name": "Ada" },
  "lines": [
    { "line_no": 1, "price": { "$numberDecimal": "1.50" } },
    { "line_no": 2, "price": { "$numberDecimal": "2" } }
  ],
  "tags": ["gift", "web"],
  "note": null
}`);
  });

  test.each([
    [new Double(-0), '{"$numberDouble":"-0.0"}'],
    [new Double(Number.NaN), '{"$numberDouble":"NaN"}'],
    [new Double(1.5), '1.5'],
    [Long.fromString('-9007199254740993'), '{"$numberLong":"-9007199254740993"}'],
    [Long.fromString('9007199254740991'), '9007199254740991'],
    [new Date(8.64e15), '{"$date":{"$numberLong":"8640000000000000"}}'],
    [undefined, 'nothing'],
  ])('keeps the type of %p where plain JSON would lose something', (value, expected) => {
    expect(readableValue(value)).toBe(expected);
  });
});

test('a record keeps its plain values, and BSON values become canonical Extended JSON', () => {
  const record = {
    attempts: 3,
    at: new Date(0),
    row: { n: 5n, b: new Binary(new Uint8Array([1]), 0) },
    list: [new Int32(1), null, 'x'],
  };
  expect(withBsonValues(record)).toEqual({
    attempts: 3,
    at: { $date: { $numberLong: '0' } },
    row: { n: { $numberLong: '5' }, b: { $binary: { base64: 'AQ==', subType: '00' } } },
    list: [{ $numberInt: '1' }, null, 'x'],
  });
});
