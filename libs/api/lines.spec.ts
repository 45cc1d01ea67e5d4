import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Line, lineText, readLines } from './lines.js';

async function read(bytes: Uint8Array, cuts: readonly number[]): Promise<Line[]> {
  async function* chunks(): AsyncGenerator<Uint8Array> {
    const sorted = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
    let from = 0;
    for (const to of [...sorted, bytes.length]) {
      yield bytes.subarray(from, to);
      from = to;
    }
  }
  const lines: Line[] = [];
  for await (const line of readLines(chunks())) lines.push(line);
  return lines;
}

test('lines come out as they went in, however the network cuts them', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.jsonValue()), fc.array(fc.nat()), async (events, cuts) => {
      const lines: Line[] = events.map((event) => ({ event }));
      const there = await read(Buffer.from(lines.map(lineText).join('')), cuts);
      expect(there.map(lineText)).toEqual(lines.map(lineText));
    }),
  );
});

test('what the network lost the end of is no line', async () => {
  expect(await read(Buffer.from('{"beat":1}\n{"result":'), [])).toEqual([{ beat: 1 }]);
});
