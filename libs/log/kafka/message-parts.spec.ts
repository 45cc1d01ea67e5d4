import { describe, expect, test } from '@jest/globals';
import { partHeaderOf, partsOf } from './message-parts.js';
import { PartAssembler } from './part-assembler.js';
import { ABANDONED_MS, WHOLE_WITHIN_MS } from './part-times.js';

type Parts = ReturnType<typeof partsOf>;

const value = (length: number, fill = 1): Uint8Array => new Uint8Array(length).fill(fill);

/** Messages at the offsets from `begin` on; lengths of the wholes that they complete. */
function feed(assembler: PartAssembler, messages: Parts, begin = 0, timestampMs = 0): number[] {
  return messages.flatMap(({ value, headers }, i) => {
    const whole = assembler.take({ offset: begin + i, timestampMs, value, header: partHeaderOf(headers) });
    return whole ? [whole.length] : [];
  });
}

describe('messages larger than the log takes', () => {
  test('go in parts and come back whole', () => {
    const large = Uint8Array.from({ length: 2_501 }, (_, i) => i % 251);
    const parts = partsOf(large, 1_000, 'p-1');
    expect(parts.map((part) => part.value.length)).toEqual([1_000, 1_000, 501]);
    const assembler = new PartAssembler();
    const wholes = parts.map(({ value, headers }, offset) =>
      assembler.take({ offset, timestampMs: 0, value, header: partHeaderOf(headers) }),
    );
    expect(wholes.slice(0, 2)).toEqual([undefined, undefined]);
    expect(new Uint8Array(wholes[2] as Uint8Array)).toEqual(large);
  });

  test('that fit exactly go as they are', () => {
    expect(partsOf(value(1_000), 1_000, 'p-1')).toEqual([{ value: value(1_000), headers: {} }]);
  });

  test('are whole once, whichever part is repeated, at once or late', () => {
    const [a, b, c] = partsOf(value(30), 10, 'p-1') as [never, never, never];
    const next = partsOf(value(20, 2), 10, 'p-2');
    const small = partsOf(value(3, 3), 10, 'p-3');
    const assembler = new PartAssembler();
    expect(feed(assembler, [a, a, b, a, b, c, c, ...next, ...small])).toEqual([30, 20, 3]);
    expect(assembler.resumeAt(10)).toBe(10);
    expect(feed(assembler, [a, b, c, ...small], 10)).toEqual([3]);
    expect(assembler.resumeAt(14)).toBe(14);
  });

  test('of several producers may be mixed', () => {
    const [a, b, c] = partsOf(value(30), 10, 'p-1') as [never, never, never];
    const [x, y] = partsOf(value(15), 10, 'q-1') as [never, never];
    const small = partsOf(value(3), 10, 'r-1');
    expect(feed(new PartAssembler(), [a, x, ...small, b, y, c])).toEqual([3, 15, 30]);
  });

  test('are never put together with a part missing', () => {
    const [a, , c] = partsOf(value(30), 10, 'p-1') as [never, never, never];
    expect(() => feed(new PartAssembler(), [a, c])).toThrow('part 2 of 3');
  });

  test('are begun again from their first part until their records are completed, whatever else is', () => {
    const [a, b, c] = partsOf(value(30), 10, 'p-1') as [never, never, never];
    const small = partsOf(value(3), 10, 'r-1');
    const assembler = new PartAssembler();
    feed(assembler, [...small, a, ...small, b]);
    expect([1, 2, 3, 4].map((completed) => assembler.resumeAt(completed))).toEqual([1, 1, 1, 1]);
    expect(feed(assembler, [c], 4)).toEqual([30]);
    expect([3, 4, 5].map((completed) => assembler.resumeAt(completed))).toEqual([1, 1, 5]);
  });

  test('that a dead producer has not finished hold nothing back once no living one would go on with them', () => {
    const begun = partsOf(value(30), 10, 'p-1').slice(0, 2);
    const small = partsOf(value(3), 10, 'r-1');
    const assembler = new PartAssembler();
    feed(assembler, begun, 0, 1_000);
    feed(assembler, small, 2, 1_000 + ABANDONED_MS);
    expect(assembler.resumeAt(3)).toBe(0);
    feed(assembler, small, 3, 1_001 + ABANDONED_MS);
    expect(assembler.resumeAt(4)).toBe(4);
    expect(ABANDONED_MS).toBeGreaterThan(2 * WHOLE_WITHIN_MS);
  });
});
