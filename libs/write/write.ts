import type { Assembler } from '#mapping';
import type { Plan } from '#model';
import type { IncarnationNames } from '#stage';
import type { Store } from '#store';
import { Claims } from './claims.js';
import { DocumentActor, type Written } from './document-actor.js';
import type { Letter } from './letter.js';
import { Letters } from './letters.js';
import { TreeReader } from './tree-reader.js';

export interface WriteParts {
  plan: Plan;
  names: IncarnationNames;
  store: Store;
  assembler: Assembler;
  partitions: { touches: number };
  rootsPerTransaction: number;
  now: () => number;
  /** The retry queue: touches at a time (ms since the epoch), or as soon as it can. */
  retry: (collection: number, roots: readonly string[], dueMs?: number) => void;
  /** Documents that failed and had not before. */
  onLetters: (count: number) => void;
  onTouched: (collection: number, roots: readonly string[]) => void;
  onWritten?: (written: Written) => void;
}

/** What owns documents, for one incarnation. */
export interface Write {
  documents: DocumentActor;
}

export type MakeWrite = (parts: WriteParts) => Write;

export const makeWrite: MakeWrite = (parts) => {
  const { plan, names, store, assembler, retry } = parts;
  const onWritten = (written: readonly Letter[], failed: number): void => {
    for (const letter of written) {
      if (letter.nextAt !== null) retry(letter.collectionIndex, [letter.root], letter.nextAt.getTime());
    }
    if (failed > 0) parts.onLetters(failed);
  };
  const documents = new DocumentActor({
    plan,
    names,
    store,
    assembler,
    letters: new Letters(names, () => new Date(parts.now()), parts.partitions.touches, onWritten),
    trees: new TreeReader(plan, names),
    claims: new Claims(plan, names, assembler),
    maxRoots: parts.rootsPerTransaction,
    touchLater: (collection, roots) => retry(collection, roots),
    onTouched: parts.onTouched,
    ...(parts.onWritten && { onWritten: parts.onWritten }),
  });
  return { documents };
};
