import type { RowChange, RowsRecord } from '#model';
import { parsePosition } from '#model';
import { type CommittedChange, fieldOf } from '../../store/index.js';
import type { Batch, Happening, Reach, SourceTransaction, Watch } from '../happening.js';
import type { Effect, Stage, StagedImage } from '../stage.js';
import type { Batches } from './batches.js';

/** F8, F9, F10, F37, F38, F43: what arrives, against what is staged. */
export class StagedRowWatch implements Watch {
  /** By table, commit and new key: the former key. */
  private readonly movedKeys = new Map<string, string>();

  constructor(
    private readonly stage: Stage,
    private readonly batches: Batches,
    private readonly reach: Reach,
  ) {}

  see(happening: Happening): void {
    if (happening.kind === 'written') this.written(happening.transaction);
    if (happening.kind === 'batch begun' && happening.batch.topic.endsWith('.rows')) this.begun(happening.batch);
  }

  /** After the stage has taken it in. */
  staged(changes: readonly CommittedChange[], effects: readonly Effect[]): void {
    for (const { table, key, before, after } of effects) {
      if (after.isMissing) this.reach('F38 unknown');
      if (before?.isMissing && after.isGone) this.reach('F38 gone before it was known');
      if (!after.isGone) this.arrivesUnderNewKey(table, key, after);
    }
    if (changes.some(isLetterOfBadRow)) this.reach('F43');
  }

  private written({ movedKeys, commitLsn }: SourceTransaction): void {
    for (const { table, from, to } of movedKeys) this.movedKeys.set(`${table} ${commitLsn} ${to}`, from);
  }

  /** The insert half, while the delete half is on its way in another partition. */
  private arrivesUnderNewKey(table: string, key: string, { at }: StagedImage): void {
    if (at === '' || this.movedKeys.size === 0) return;
    const { commit } = parsePosition(at);
    const from = this.movedKeys.get(`${table} ${commit} ${key}`);
    if (from === undefined) return;
    const former = this.stage.present(table, from);
    if (former !== undefined && former.at < at) this.reach('F8');
  }

  private begun({ records }: Batch): void {
    for (const record of records as readonly RowsRecord[]) {
      if (record.kind === 'load') this.loaded(this.stage.nameOf(record.table), record.keys);
      if (record.kind === 'truncate') this.truncated(this.stage.nameOf(record.change.table), record.change.at);
      if (record.kind !== 'changes') continue;
      const isAgain = this.batches.fateOf(record) !== undefined;
      for (const change of record.changes) this.changed(change, isAgain);
    }
  }

  private loaded(table: string, keys: readonly string[]): void {
    for (const key of keys) {
      const present = this.stage.byId(table, key);
      if (present !== undefined && present.at !== '')
        this.reach(present.isGone ? 'F10 after a delete' : 'F10 after an update');
    }
  }

  private truncated(table: string, at: string): void {
    for (const row of this.stage.of(table)) {
      if (row.isGone || row.at <= at) continue;
      this.reach('F37');
      return;
    }
  }

  private changed(change: RowChange, isAgain: boolean): void {
    const present = this.stage.byId(this.stage.nameOf(change.table), change.key);
    if (present === undefined || present.isGone) return;
    if (isAgain && change.op === 'delete' && present.at > change.at) this.reach('F9');
    if (change.missing !== undefined && !change.keyChanged && !present.isMissing && present.at < change.at)
      this.reach('F38 known');
  }
}

function isLetterOfBadRow({ collection, before, after }: CommittedChange): boolean {
  if (!collection.startsWith('letters_') || before !== undefined || after === undefined) return false;
  return fieldOf(after, 'code') === 'EXPRESSION_FAILED';
}
