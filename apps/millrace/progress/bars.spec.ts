import { expect, test } from '@jest/globals';
import type { JobEvent } from '#job';
import { Redactor } from '#observability/redaction';
import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { RecordedHost } from '../recorded-host.js';
import { Terminal } from '../terminal.js';
import { Bars } from './bars.js';

function barsOn(rows: number) {
  const stream = Object.assign(new PassThrough(), {
    isTTY: true,
    rows,
    columns: 120,
    cursorTo: () => true,
    moveCursor: () => true,
    clearLine: () => true,
  });
  let shown = '';
  stream.on('data', (chunk) => (shown += String(chunk)));
  const host = Object.assign(new RecordedHost(), { stderr: stream });
  let now = 0;
  host.now = () => now;
  const terminal = new Terminal(host as never, false, new Redactor());
  const bars = new Bars(terminal, host as never);
  return { bars, terminal, tick: (ms: number) => (now += ms), text: () => stripVTControlCharacters(shown) };
}

const progress = (tables: [string, number, number, boolean][]): JobEvent => ({
  kind: 'progress',
  stage: 'load',
  tables: tables.map(([table, rows, total, done]) => ({ table, rows, total, done })),
});

test('a table has a bar with rows, pace and time left', () => {
  const { bars, tick, text } = barsOn(40);
  bars.take(progress([['public.orders', 0, 10_000, false]]));
  tick(1000);
  bars.take(progress([['public.orders', 2500, 10_000, false]]));
  bars.end();
  expect(text()).toMatch(/public\.orders {2}█{6}░{18} {2}25 % {2}2,500\/10,000 rows {2}2,500\/s {2}3\.0 s left/);
});

test('more tables than lines are counted, and those that are being read are shown', () => {
  const { bars, text } = barsOn(8);
  bars.take(
    progress([
      ['a', 5, 5, true],
      ['b', 5, 5, true],
      ['c', 0, 5, false],
      ['d', 1, 5, false],
      ['e', 0, 5, false],
    ]),
  );
  bars.end();
  expect(text()).toMatch(/d {2}█/);
  expect(text()).toContain('and 2 more tables, 2 of them done');
});

test('what is said meanwhile is not lost', () => {
  const { bars, terminal, text } = barsOn(40);
  bars.take(progress([['a', 1, 5, false]]));
  terminal.say('hello above');
  bars.end();
  terminal.say('hello after');
  expect(text()).toContain('hello above\n');
  expect(text()).toContain('hello after\n');
});
