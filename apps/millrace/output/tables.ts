import Table from 'cli-table3';
import type { Colours } from '../terminal.js';

/** Plain columns under a dim head, without lines: easy on the eye and on `grep`. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  colours: Colours,
  right: readonly number[] = [],
): string {
  const nothing = {
    top: '',
    'top-mid': '',
    'top-left': '',
    'top-right': '',
    bottom: '',
    'bottom-mid': '',
    'bottom-left': '',
    'bottom-right': '',
    left: '',
    'left-mid': '',
    mid: '',
    'mid-mid': '',
    right: '',
    'right-mid': '',
    middle: '  ',
  };
  const made = new Table({
    head: head.map((name) => colours.dim(name)),
    chars: nothing,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    colAligns: head.map((_, index) => (right.includes(index) ? 'right' : 'left')),
  });
  made.push(...rows.map((row) => [...row]));
  return made.toString().replace(/[ \t]+$/gm, '');
}
