import type { Position, StagedRow } from '#model';
import type { CommittedChange } from '../store/index.js';

/** A row of a stage as a majority has it. */
export interface StagedVersion {
  at: Position;
  /** In which a majority had a row at this position first. */
  step: number;
  row: Pick<StagedRow, 'gone' | 'missing' | 'k'>;
  /** What it took the place of. */
  former: StagedVersion | undefined;
}

const NOTHING: ReadonlyMap<string, StagedVersion[]> = new Map();

/** Of each stage, by row, the positions that a majority had staged, in that order: what can no longer be lost. */
export class StagedVersions {
  private readonly byCollection = new Map<string, Map<string, StagedVersion[]>>();

  committed({ collection, _id, after }: Pick<CommittedChange, 'collection' | '_id' | 'after'>, step: number): void {
    if (after === undefined) return;
    const row = after as unknown as StagedRow;
    const versions = this.versions(collection, String(_id));
    const last = versions.at(-1);
    if (last?.at === row.at) last.row = row;
    else versions.push({ at: row.at, step, row, former: last });
  }

  latest(collection: string, key: string): StagedVersion | undefined {
    return this.byCollection.get(collection)?.get(key)?.at(-1);
  }

  /** The first that has this change, or something newer in its place. */
  firstFrom(collection: string, key: string, at: Position): StagedVersion | undefined {
    return this.byCollection
      .get(collection)
      ?.get(key)
      ?.find((version) => version.at >= at);
  }

  keys(collection: string): Iterable<string> {
    return (this.byCollection.get(collection) ?? NOTHING).keys();
  }

  private versions(collection: string, key: string): StagedVersion[] {
    let rows = this.byCollection.get(collection);
    if (rows === undefined) this.byCollection.set(collection, (rows = new Map()));
    let versions = rows.get(key);
    if (versions === undefined) rows.set(key, (versions = []));
    return versions;
  }
}
