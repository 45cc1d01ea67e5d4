import type { CollectionPlan, TablePlan } from '#model';
import { type Expected, ExpectedDocuments } from './expected.js';
import { sameBytes } from './first-difference.js';
import type { IdSums } from './id-sums.js';
import { opinionOf, type Question } from './opinion.js';
import type { VerifyDeps } from './ports.js';
import { RootPages } from './root-pages.js';
import type { Suspects } from './suspects.js';
import type { Tally } from './tally.js';
import { type FoundDocument, TargetDocuments } from './target-documents.js';

export interface PassParts {
  collection: CollectionPlan;
  suspects: Suspects;
  sums: IdSums;
  tally: Tally;
  onProgress: (documents: number) => void;
  signal: AbortSignal;
}

/**
 * From source to target: every root once, in key order. A document whose bytes are those that the mapping makes of the
 * source is right as of that read, whatever is under way. Everything else is a suspect, and nothing more: the rounds judge
 * it. One query per edge and page on the source, one on the target.
 */
export class ForwardPass {
  readonly #pages: RootPages;
  readonly #expected: ExpectedDocuments;
  readonly #target: TargetDocuments;

  constructor(private readonly deps: VerifyDeps) {
    this.#pages = new RootPages(deps);
    this.#expected = new ExpectedDocuments(deps.plan, deps.assembler);
    this.#target = new TargetDocuments(deps.store);
  }

  async run(parts: PassParts): Promise<void> {
    const { collection, suspects, onProgress, signal } = parts;
    const keyless = this.#rootTable(collection).key.length === 0;
    const lookUpLetters = keyless || (await this.deps.state.hasLetters(collection.index));
    let documents = 0;
    for await (const page of this.#pages.of(collection, false, signal)) {
      const expected = page.trees.map((tree) => this.#expected.of(collection, tree));
      const found = await this.#target.byIds(collection, idsOf(expected));
      const roots = expected.map((one) => one.root);
      const letters = lookUpLetters ? await this.deps.state.letters(collection.index, roots) : NO_LETTERS;
      if (keyless) this.#judgeAtOnce(parts, expected, found, letters);
      else this.#compare(parts, expected, found, letters);
      await suspects.judgeIfMany();
      documents += expected.length;
      onProgress(documents);
    }
  }

  #compare(
    parts: PassParts,
    expected: readonly Expected[],
    found: ReadonlyMap<string, FoundDocument>,
    letters: ReadonlySet<string>,
  ): void {
    let equal = 0;
    for (const one of expected) {
      if (one.kind === 'absent') continue;
      const there = one.id === undefined ? undefined : found.get(one.id);
      if (
        one.kind === 'document' &&
        there !== undefined &&
        sameBytes(one.bytes, there.bytes) &&
        !letters.has(one.root)
      ) {
        equal++;
        parts.sums.add(one.id);
      } else {
        parts.suspects.add({ about: 'root', root: one.root }, sizeOf(one) + (there?.bytes.length ?? 0));
      }
    }
    parts.tally.equal(equal);
  }

  /** Rows without a key cannot be read again, and are followed by no capture: what is seen now is what there is. */
  #judgeAtOnce(
    parts: PassParts,
    expected: readonly Expected[],
    found: ReadonlyMap<string, FoundDocument>,
    letters: ReadonlySet<string>,
  ): void {
    for (const one of expected) {
      const question: Question = { about: 'root', root: one.root };
      const there = one.kind === 'absent' || one.id === undefined ? undefined : found.get(one.id);
      const seen = {
        before: one,
        after: one,
        found: there,
        letter: letters.has(one.root),
        outranked: false,
        edited: false,
        touched: false,
      };
      parts.tally.count(parts.collection.name, opinionOf(question, seen).verdict);
      if (there !== undefined) parts.sums.add(there.id);
    }
  }

  #rootTable(collection: CollectionPlan): TablePlan {
    const { plan } = this.deps;
    return plan.tables[plan.nodes[collection.root]?.table as number] as TablePlan;
  }
}

const NO_LETTERS: ReadonlySet<string> = new Set();

function idsOf(expected: readonly Expected[]): unknown[] {
  const ids = new Map<string, unknown>();
  for (const one of expected) if (one.kind !== 'absent' && one.id !== undefined) ids.set(one.id, one.documentId);
  return [...ids.values()];
}

function sizeOf(expected: Expected): number {
  return expected.kind === 'document' ? expected.bytes.length : 0;
}
