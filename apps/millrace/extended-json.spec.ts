import { describe, expect, test } from '@jest/globals';
import { Binary, Decimal128, Double, Int32, Long, UUID } from 'bson';
import { readable, readableValue } from './extended-json.js';

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
    [new UUID('6a1c0a5e-0d8a-4a0b-9f3e-0123456789ab'), '{"$uuid":"6a1c0a5e-0d8a-4a0b-9f3e-0123456789ab"}'],
    [new Binary(new Uint8Array([1, 2])), '{"$binary":{"base64":"AQI=","subType":"00"}}'],
    [{ $binary: null }, '{"$binary":null}'],
    [{ $date: null }, '{"$date":null}'],
    [undefined, 'nothing'],
  ])('keeps the type of %p where plain JSON would lose something', (value, expected) => {
    expect(readableValue(value)).toBe(expected);
  });
});

test('a document whose fields objects would move is shown in its own order', () => {
  const document = new Map<string, unknown>([
    ['b', new Int32(1)],
    [
      '2',
      new Map([
        ['10', 'x'],
        ['1', null],
      ]),
    ],
  ]);
  expect(readable(document)).toBe(`{
  "b": 1,
  "2": { "10": "x", "1": null }
}`);
});
