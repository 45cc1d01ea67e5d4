import { jsonText, parseInOrder } from '#extended-json/text';
import type { FailureBody } from './failure.js';

/** A line of an answer that goes on: events and beats as they come, at the end one result or error, and nothing after it. */
export type Line = { event: unknown } | { beat: number } | { result: unknown } | FailureBody;

/** A stream that is silent for longer than a few of these is dead. */
export const BEAT_MS = 5_000;

export function lineText(line: Line): string {
  return `${jsonText(line)}\n`;
}

/** Longer ones are none of ours. */
const LONGEST_LINE = 256 * 1024 * 1024;

export async function* readLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Line> {
  const decoder = new TextDecoder();
  let rest: string[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    const parts = decoder.decode(chunk, { stream: true }).split('\n');
    for (const part of parts.slice(0, -1)) {
      rest.push(part);
      const line = rest.join('');
      rest = [];
      length = 0;
      if (line.trim() !== '') yield parseInOrder(line) as Line;
    }
    const last = parts.at(-1) ?? '';
    rest.push(last);
    length += last.length;
    if (length > LONGEST_LINE) throw new RangeError('a line without an end');
  }
}
