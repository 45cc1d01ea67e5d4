import { printedValue } from './bson-elements.js';
import type { Expected } from './expected.js';
import { firstDifference, sameBytes } from './first-difference.js';
import type { FoundDocument } from './target-documents.js';

/**
 * What is asked: whether the document of this root is right, or whether the document with this `_id`, which this root may
 * have made, should exist.
 */
export type Question = { about: 'root'; root: string } | { about: 'id'; root: string; id: string; documentId: unknown };

export type Verdict =
  /** Nothing to count: the root has no document and should have none. */
  | { kind: 'none' }
  | { kind: 'equal' }
  | { kind: 'edited' | 'deadLetter' | 'missing' | 'extra'; documentId: unknown }
  | { kind: 'different'; documentId: unknown; path: string; expected?: unknown; found?: unknown };

/** One round's looks at one question, in this order: before, (drained), found, letter, touched, after. */
export interface Observation {
  before: Expected;
  found: FoundDocument | undefined;
  letter: boolean;
  /** For an `_id` of a collection with claims: the root that owned it when the target had been read. */
  owner?: string;
  /** The `_id` belongs to another root, with a lower key, that wants it. */
  outranked: boolean;
  /** A row of the document stands corrected by an operator. */
  edited: boolean;
  touched: boolean;
  after: Expected;
}

export interface Opinion {
  verdict: Verdict;
  /** Holds whatever happens meanwhile; otherwise it counts only where the source and the writer stood still. */
  settled: boolean;
}

const NONE: Opinion = { verdict: { kind: 'none' }, settled: true };
const EQUAL: Opinion = { verdict: { kind: 'equal' }, settled: true };

export function opinionOf(question: Question, seen: Observation): Opinion {
  return question.about === 'root' ? ofRoot(question.root, seen) : ofId(question, seen);
}

function ofRoot(root: string, { found, letter, outranked, edited, after }: Observation): Opinion {
  if (after.kind === 'absent') return NONE;
  // What waits is not written, whatever has been corrected of it.
  if (letter || after.kind === 'refused')
    return unsettled({ kind: edited && !letter ? 'edited' : 'deadLetter', documentId: after.documentId ?? root });
  const { documentId } = after;
  const at = found?.id === after.id ? found : undefined;
  if (at !== undefined && sameBytes(at.bytes, after.bytes)) return EQUAL;
  if (edited) return unsettled({ kind: 'edited', documentId });
  if (outranked) return unsettled({ kind: 'deadLetter', documentId });
  if (at === undefined) return unsettled({ kind: 'missing', documentId });
  const difference = firstDifference(after.bytes, at.bytes);
  return unsettled({ kind: 'different', documentId, ...(difference ?? { path: '' }) });
}

function ofId(question: Extract<Question, { about: 'id' }>, seen: Observation): Opinion {
  const { before, after, found, letter, edited } = seen;
  if (found === undefined || letter) return NONE;
  // What a root makes is judged as that root's; a refused one keeps its last good version.
  for (const expected of [before, after]) {
    if (expected.kind === 'refused' || (expected.kind === 'document' && expected.id === question.id)) return NONE;
  }
  if (edited && after.kind === 'document') return NONE;
  return unsettled({ kind: edited ? 'edited' : 'extra', documentId: question.documentId });
}

function unsettled(verdict: Verdict): Opinion {
  return { verdict, settled: false };
}

/**
 * The source made the same of the root both times, and the writer did not touch it in between. `owned`: the root must also
 * have been the `_id`'s owner. If it was at the end, without a touch, it was when the target was read: others take an
 * `_id` over without touching its owner, but only by a touch does the owner get it back.
 */
export function stoodStill({ before, after, touched, owner }: Observation, owned: boolean): boolean {
  if (touched || before.kind !== after.kind || (owned && owner !== after.root)) return false;
  if (before.kind !== 'document' || after.kind !== 'document') return true;
  return before.id === after.id && sameBytes(before.bytes, after.bytes);
}

export function isWrong(verdict: Verdict): boolean {
  return verdict.kind === 'different' || verdict.kind === 'missing' || verdict.kind === 'extra';
}

/** As reports have it: ids as Extended JSON. */
export function printedId(documentId: unknown): unknown {
  return printedValue(documentId);
}
