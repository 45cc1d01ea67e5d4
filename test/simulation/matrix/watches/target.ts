import { type CommittedChange, fieldOf } from '../../store/index.js';
import type { Happening, Reach, Watch } from '../happening.js';

/** Of a batch: its transactions alone are the actors'. */
const isOfBatch = (label: string): boolean => label === 'rows' || label === 'touches';
/** Conflicts in a row that are no chance meeting any more. */
const STORM = 4;
const REFUSALS: readonly unknown[] = ['TARGET_VALIDATION', 'DOCUMENT_TOO_LARGE'];

/** F25 to F28, F30: what MongoDB does to transactions and documents. */
export class TargetWatch implements Watch {
  private readonly staleReaders = new Set<string>();

  constructor(private readonly reach: Reach) {}

  see(happening: Happening): void {
    switch (happening.kind) {
      case 'stale read':
        if (isOfBatch(happening.by.label) && happening.collection.startsWith('stage_'))
          this.staleReaders.add(`${happening.by.process} ${happening.by.label}`);
        return;
      case 'retried':
        return this.retried(happening);
      case 'rolled back':
        if (isOfBatch(happening.by.label)) this.reach('F26');
        return;
      case 'commit asked again':
        // The first answer and the second one were lost, and it had been committed by then.
        if (happening.times === 3) this.reach('F27');
        return;
      case 'committed':
        if (isMendedHere(happening.changes)) this.reach('F30');
    }
  }

  private retried({ process, label, isConflict, attempt }: Extract<Happening, { kind: 'retried' }>): void {
    if (this.staleReaders.delete(`${process} ${label}`)) this.reach('F25');
    if (isConflict && attempt === STORM && isOfBatch(label)) this.reach('F28');
  }
}

/** A document that MongoDB refused is written, and its letter goes with it. */
function isMendedHere(changes: readonly CommittedChange[]): boolean {
  const isCleared = changes.some(
    ({ collection, before, after }) =>
      collection.startsWith('letters_') &&
      after === undefined &&
      before !== undefined &&
      REFUSALS.includes(fieldOf(before, 'code')),
  );
  return isCleared && changes.some(({ database, after }) => database === 'target' && after !== undefined);
}
