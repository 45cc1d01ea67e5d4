import { type StagedRow, unpackTuple } from '#model';
import type { CommittedChange } from '../store/index.js';

/**
 * Law 5 on the stage: whoever writes there, no row becomes older. Its position never goes back, and nothing is removed: a row that
 * is gone stays as such, until a newer change brings it back. At one position only columns that were missing may change, and
 * what is made of columns. A repair is no exception: it stands at its marker, and takes the place of nothing newer.
 */
export class StageOrder {
  readonly broken: string[] = [];

  committed({
    collection,
    _id,
    before,
    after,
  }: Pick<CommittedChange, 'collection' | '_id' | 'before' | 'after'>): void {
    if (before === undefined) return;
    const problem =
      after === undefined ? 'was removed' : olderBy(before as unknown as StagedRow, after as unknown as StagedRow);
    if (problem !== undefined) this.broken.push(`${collection} ${String(_id)} ${problem}`);
  }
}

function olderBy(before: StagedRow, after: StagedRow): string | undefined {
  if (after.at > before.at) return undefined;
  if (after.at < before.at) return `went back from ${before.at || 'loaded'} to ${after.at || 'loaded'}`;
  if (before.gone !== after.gone) return `is ${after.gone ? 'gone' : 'there again'} at the same position ${after.at}`;
  const [was, is] = [columnsOf(before), columnsOf(after)];
  const mayChange = new Set(before.missing?.columns);
  const changed = is.findIndex((value, column) => value !== was[column] && !mayChange.has(column));
  return changed < 0 && was.length === is.length ? undefined : `has other columns at the same position ${after.at}`;
}

const columnsOf = ({ c }: StagedRow): (string | null)[] => (c === undefined ? [] : unpackTuple(c));
