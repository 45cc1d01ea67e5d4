import { describe, expect, test } from '@jest/globals';
import { PartAssembler, partsOf } from './message-parts.js';

const value = (length: number, fill = 1): Uint8Array => new Uint8Array(length).fill(fill);

function feed(assembler: PartAssembler, messages: ReturnType<typeof partsOf>): number[] {
  return messages.flatMap(({ value, headers }) => {
    const whole = assembler.take(value, PartAssembler.headerOf(headers));
    return whole ? [whole.length] : [];
  });
}

describe('messages larger than the log takes', () => {
  test('go in parts and come back whole', () => {
    const large = Uint8Array.from({ length: 2_501 }, (_, i) => i % 251);
    const parts = partsOf(large, 1_000, 'p-1');
    expect(parts.map((part) => part.value.length)).toEqual([1_000, 1_000, 501]);
    const assembler = new PartAssembler();
    const wholes = parts.map((part) => assembler.take(part.value, PartAssembler.headerOf(part.headers)));
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
    expect(feed(new PartAssembler(), [a, a, b, a, b, c, c, ...next, ...small])).toEqual([30, 20, 3]);
    expect(feed(new PartAssembler(), [a, b, c, ...small, b, c, ...next])).toEqual([30, 3, 20]);
  });

  test('that a dead producer has not finished are dropped for the next one', () => {
    const begun = partsOf(value(30), 10, 'p-1').slice(0, 2);
    expect(feed(new PartAssembler(), [...begun, ...partsOf(value(25), 10, 'q-1')])).toEqual([25]);
    expect(feed(new PartAssembler(), [...begun, ...partsOf(value(5), 10, 'q-1')])).toEqual([5]);
  });

  test('are never put together with a part missing', () => {
    const [a, , c] = partsOf(value(30), 10, 'p-1') as [never, never, never];
    expect(() => feed(new PartAssembler(), [a, c])).toThrow('part 2 of 3');
  });
});
