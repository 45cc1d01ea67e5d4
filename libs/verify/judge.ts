import type { CollectionPlan } from '#model';
import type { Expected } from './expected.js';
import { type Observation, opinionOf, type Question, stoodStill, type Verdict } from './opinion.js';
import type { VerifyDeps } from './ports.js';
import { type RootRead, RootReads } from './root-reads.js';
import { Standing } from './standing.js';
import { TargetDocuments } from './target-documents.js';

export interface Judged {
  question: Question;
  verdict: Verdict;
  /** What stood in the target under the root's `_id`, or the one asked about. */
  foundId?: string;
  found?: Uint8Array;
}

/** After so many rounds a document that never stood still is judged by what stood wrong in all of them. */
const MAX_ROUNDS = 12;
/** Rounds in a row with one verdict, where it cannot be told that the writer left a document alone. */
const CONFIRMING_ROUNDS = 3;
const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 200;

interface Case {
  question: Question;
  standing: Standing;
  /** The verdict of the last rounds, as long as it is the same, and in how many. */
  last: string;
  confirmed: number;
}

/**
 * Judges documents that did not look right, in rounds, while source and target go on changing. One round is:
 *
 *   watch the roots · *visible* (marker L) · read the source: E1 · *drained* (marker M) · read the target: T, and the
 *   letters · are they touched? · *visible* · read the source again: E2
 *
 * and says that a document is wrong only where E1 = E2, T is not that, and no touch of its root was seen from the begin of
 * the watch on. **No false alarm.** Let c be any change in the source's log that concerns the root.
 * - c is before M: its touch has committed when *drained* resolves. It was not seen, so it was over before the watch began;
 *   so c had been captured by then, is before L in the log, and E1's snapshot has it.
 * - c is after M: its touch is taken in after M, so after the watch began. If T's read saw its effect, the touch was
 *   noticed before its transaction began, so it is seen: no verdict.
 * - What E1 has was committed before E1's read, so it is before M, and the first case holds.
 * So E1 is the mapping of exactly the changes that the writer had carried out when T was read; a T that differs is wrong.
 * Two equal reads alone would not do: a row that goes from A to B and back leaves E1 = E2 while T is rightly B.
 * Where touches cannot be watched (writers in other processes), the same verdict with the same E and T must come out of
 * several rounds in a row. An `_id` that several roots claim depends on all of them, so it is confirmed in the same way.
 *
 * **Nothing is missed on a quiet source:** there no round is disturbed, and the first one (of several) decides.
 * **Hot documents** that no round finds at rest are right as soon as T is E2; if that never comes, `Standing` decides.
 */
export class Judge {
  private readonly reads: RootReads;
  private readonly target: TargetDocuments;

  constructor(private readonly deps: VerifyDeps) {
    this.reads = new RootReads(deps);
    this.target = new TargetDocuments(deps.store);
  }

  /** One verdict per question, in any order. The caller bounds how many it asks at once. */
  async judge(collection: CollectionPlan, questions: readonly Question[], signal: AbortSignal): Promise<Judged[]> {
    let open: Case[] = questions.map((question) => ({ question, standing: new Standing(), last: '', confirmed: 0 }));
    const judged: Judged[] = [];
    for (
      let round = 1, pause = FIRST_PAUSE_MS;
      open.length > 0;
      round++, pause = Math.min(2 * pause, LONGEST_PAUSE_MS)
    ) {
      if (round > 1) await this.deps.wait(pause, signal);
      const seen = await this.round(
        collection,
        open.map((one) => one.question),
        signal,
      );
      const undecided: Case[] = [];
      for (const [i, one] of open.entries()) {
        const observation = seen[i] as Observation;
        const verdict = this.decide(collection, one, observation, round);
        if (verdict === undefined) undecided.push(one);
        else judged.push({ question: one.question, verdict, ...foundIn(observation) });
      }
      open = undecided;
    }
    return judged;
  }

  private decide(collection: CollectionPlan, one: Case, seen: Observation, round: number): Verdict | undefined {
    const opinion = opinionOf(one.question, seen);
    if (opinion.settled) return opinion.verdict;
    one.standing.observe(seen, opinion);
    const { question } = one;
    const owned = collection.claims && question.about === 'id';
    if (stoodStill(seen, owned)) {
      const needed = this.deps.touches && !collection.claims ? 1 : CONFIRMING_ROUNDS;
      const last = fingerprint(seen, opinion.verdict);
      one.confirmed = last === one.last ? one.confirmed + 1 : 1;
      one.last = last;
      if (one.confirmed >= needed) return opinion.verdict;
    } else one.confirmed = 0;
    if (owned && seen.owner !== undefined) one.question = { ...question, root: seen.owner };
    return round < MAX_ROUNDS ? undefined : one.standing.verdict(question.about);
  }

  private async round(
    collection: CollectionPlan,
    questions: readonly Question[],
    signal: AbortSignal,
  ): Promise<Observation[]> {
    const { control, state } = this.deps;
    const roots = [...new Set(questions.map((question) => question.root))];
    const watch = this.deps.touches?.watch(collection.index, roots);
    try {
      await control.visible(signal);
      const before = await this.reads.now(collection, roots);
      await control.drained(signal);
      const found = await this.target.byIds(collection, idsOf(questions, before));
      const owners = await this.owners(collection, questions);
      const letters = await state.letters(collection.index, roots);
      const outranked = await this.reads.outranked(collection, before);
      const edited = await this.reads.edited(collection, before);
      const touched = new Set(roots.filter((root) => watch?.touched(root)));
      await control.visible(signal);
      const after = await this.reads.now(collection, roots);
      return questions.map((question) => {
        const { root } = question;
        const first = (before.get(root) as RootRead).expected;
        return {
          before: first,
          found: found.get(idOf(question, first) ?? ''),
          letter: letters.has(root),
          ...ownerIn(owners, question),
          outranked: outranked.has(root),
          edited: edited.has(root),
          touched: touched.has(root),
          after: (after.get(root) as RootRead).expected,
        };
      });
    } finally {
      watch?.close();
    }
  }

  /** Who owns the `_id`s that are asked about now: another root may have taken one over since it was asked about. */
  private async owners(collection: CollectionPlan, questions: readonly Question[]): Promise<Map<string, string>> {
    const owners = new Map<string, string>();
    if (!collection.claims) return owners;
    const asked = questions.filter((question) => question.about === 'id');
    if (asked.length === 0) return owners;
    const roots = await this.deps.state.owners(
      collection.index,
      asked.map((question) => question.documentId),
    );
    for (const [i, { id }] of asked.entries()) if (roots[i] !== undefined) owners.set(id, roots[i]);
    return owners;
  }
}

function ownerIn(owners: ReadonlyMap<string, string>, question: Question): Pick<Observation, 'owner'> {
  const owner = question.about === 'id' ? owners.get(question.id) : undefined;
  return owner === undefined ? {} : { owner };
}

function foundIn({ found }: Observation): Pick<Judged, 'foundId' | 'found'> {
  return found === undefined ? {} : { foundId: found.id, found: found.bytes };
}

function idOf(question: Question, expected: Expected): string | undefined {
  if (question.about === 'id') return question.id;
  return expected.kind === 'absent' ? undefined : expected.id;
}

function idsOf(questions: readonly Question[], reads: ReadonlyMap<string, RootRead>): unknown[] {
  const ids = new Map<string, unknown>();
  for (const question of questions) {
    const expected = reads.get(question.root)?.expected;
    if (question.about === 'id') ids.set(question.id, question.documentId);
    else if (expected !== undefined && expected.kind !== 'absent' && expected.id !== undefined)
      ids.set(expected.id, expected.documentId);
  }
  return [...ids.values()];
}

function fingerprint({ after, found }: Observation, verdict: Verdict): string {
  const expected = after.kind === 'document' ? Buffer.from(after.bytes).toString('latin1') : after.kind;
  return `${verdict.kind}\n${expected}\n${found === undefined ? '' : Buffer.from(found.bytes).toString('latin1')}`;
}
