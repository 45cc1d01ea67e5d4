import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { packTuple } from '#model';
import { TupleFields, TuplePacker } from './tuple-fields.js';

const value = fc.option(
  fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.constantFrom('\\N', '\t', '\n', '\\', '\b\f\v\r', '', '{"ü":1}'),
  ),
  { nil: null },
);

function message(values: (string | null)[]): Buffer {
  const header = Buffer.alloc(2);
  header.writeUInt16BE(values.length);
  return Buffer.concat([
    header,
    ...values.map((text) => {
      if (text === null) return Buffer.from('n');
      const bytes = Buffer.from(text);
      const length = Buffer.alloc(5);
      length[0] = 0x74;
      length.writeUInt32BE(bytes.length, 1);
      return Buffer.concat([length, bytes]);
    }),
  ]);
}

describe('a tuple of the log', () => {
  test('packs to what the model packs of the same values', () => {
    const fields = new TupleFields();
    const packer = new TuplePacker();
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 12 }), (values) => {
        // What the server sends is UTF-8, which has no lone surrogates.
        const wellFormed = values.map((text) => (text === null ? null : Buffer.from(text).toString()));
        const bytes = message(wellFormed);
        expect(fields.scan(bytes, 0)).toBe(bytes.length);
        expect(packer.pack(bytes, fields, Int32Array.from(wellFormed.keys()), null)).toBe(packTuple(wellFormed));
        expect(wellFormed.map((_, index) => fields.text(bytes, index))).toEqual(wellFormed);
      }),
    );
  });

  test('reports columns that the relation does not have as left out', () => {
    const fields = new TupleFields();
    const packer = new TuplePacker();
    const bytes = message(['1']);
    fields.scan(bytes, 0);
    expect(packer.pack(bytes, fields, Int32Array.from([0, -1]), null)).toBe('1\t\\N');
    expect(packer.missing).toEqual([1]);
  });
});
