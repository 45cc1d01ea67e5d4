import type { Reach } from '../happening.js';
import type { Effect, Stage } from '../stage.js';

/** F49, F50: what keys and values are. */
export class ValueWatch {
  constructor(
    private readonly stage: Stage,
    private readonly reach: Reach,
  ) {}

  /** After the stage has taken it in. */
  staged(effects: readonly Effect[]): void {
    for (const { table, key, before, after } of effects) {
      if (after.isGone) continue;
      if (after.isAtEdge) this.reach(after.at === '' ? 'F50 by the load' : 'F50 by a change');
      if (before !== undefined && before.key !== key) this.reach('F49 one row');
      if (this.hasAlike(table, key)) this.reach('F49 two rows');
    }
  }

  private hasAlike(table: string, key: string): boolean {
    if (!/[a-z]/i.test(key)) return false;
    for (const row of this.stage.of(table))
      if (!row.isGone && row.key !== key && folded(row.key) === folded(key)) return true;
    return false;
  }
}

/** As a database sees it that tells neither case nor blanks at the end. */
const folded = (key: string): string => key.toLowerCase().replaceAll(/ +(?=\||$)/g, '');
