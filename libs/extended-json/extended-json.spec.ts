import { expect, test } from '@jest/globals';
import { Binary, Decimal128, Double, Int32, Long, ObjectId } from 'bson';
import fc from 'fast-check';
import { canonical, jsonText, parseInOrder, withBsonValues } from './index.js';

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

test('fields that objects would move keep their order in the text, at any depth', () => {
  const document = new Map<string, unknown>([
    ['b', 1],
    ['10', new Map([['__proto__', new Double(2)]])],
    ['2', [{ a: Long.ONE }]],
  ]);
  const text = '{"b":{"$numberInt":"1"},"10":{"__proto__":{"$numberDouble":"2.0"}},"2":[{"a":{"$numberLong":"1"}}]}';
  expect(jsonText(canonical(document))).toBe(text);
  expect(jsonText(withBsonValues({ document: canonical(document) }))).toBe(`{"document":${text}}`);
  expect(jsonText(parseInOrder(text))).toBe(text);
});

test('with an indent, the text is laid out as JSON.stringify does it', () => {
  const plain = { a: [1, { b: 'x\n' }, []], c: {}, d: [undefined], e: undefined };
  const maps = new Map(Object.entries({ ...plain, a: [1, new Map(Object.entries({ b: 'x\n' })), []], c: new Map() }));
  for (const indent of [0, 2]) expect(jsonText(maps, indent)).toBe(JSON.stringify(plain, null, indent));
});

/** What a mapping can make, and a user's own words that look like Extended JSON. */
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 4 },
    fc.string(),
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    fc.double().map((number) => new Double(number)),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((number) => Long.fromBigInt(number)),
    fc.constantFrom(
      Decimal128.fromString('1.50'),
      new Date(8.64e15),
      new ObjectId('0'.repeat(24)),
      new Binary(new Uint8Array([7]), 4),
    ),
    fc.array(tie('any')),
    tie('document'),
  ),
  document: fc
    .uniqueArray(
      fc.tuple(
        fc.oneof(
          fc.constantFrom('a', '7', '10', '__proto__', '$numberInt', '"7":', '\\'),
          fc.string().filter((name) => !name.includes('\0')),
        ),
        tie('any'),
      ),
      { selector: ([name]) => name },
    )
    .map((entries) => new Map(entries)),
})).document;

test('a document goes over the wire whole, and is printed at the other end as at this one', () => {
  fc.assert(
    fc.property(value, (document) => {
      const here = jsonText(canonical(document));
      const there = parseInOrder(here);
      expect(jsonText(there)).toBe(here);
      expect(jsonText(canonical(there))).toBe(here);
      expect(jsonText(withBsonValues(there))).toBe(here);
    }),
    { numRuns: 500 },
  );
});
