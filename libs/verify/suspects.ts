import type { CollectionPlan } from '#model';
import type { IdSums } from './id-sums.js';
import type { Judge, Judged } from './judge.js';
import { isWrong, type Question } from './opinion.js';
import type { Repairer } from './repair.js';
import type { Tally } from './tally.js';
import type { FoundId } from './target-documents.js';

const MOST_QUESTIONS = 1_000;
const MOST_BYTES = 32 * 1024 * 1024;

/** Gathers what did not look right, up to a bound, and has it judged, repaired if asked for, and counted. */
export class Suspects {
  #questions: Question[] = [];
  #bytes = 0;

  constructor(
    private readonly parts: {
      collection: CollectionPlan;
      judge: Judge;
      repairer: Repairer | undefined;
      tally: Tally;
      sums: IdSums;
      signal: AbortSignal;
    },
  ) {}

  /** `bytes`: about what this document's bytes take in memory. */
  add(question: Question, bytes: number): void {
    this.#questions.push(question);
    this.#bytes += bytes;
  }

  async judgeIfMany(): Promise<void> {
    if (this.#questions.length >= MOST_QUESTIONS || this.#bytes >= MOST_BYTES) await this.judgeAll();
  }

  async judgeAll(): Promise<void> {
    const questions = this.#questions;
    this.#questions = [];
    this.#bytes = 0;
    for (let start = 0; start < questions.length; start += MOST_QUESTIONS) {
      await this.#judge(questions.slice(start, start + MOST_QUESTIONS));
    }
  }

  /** A document that no root makes, judged already. */
  async orphan({ id, documentId }: FoundId): Promise<void> {
    const { collection, repairer, tally } = this.parts;
    if (await repairer?.removeOrphan(collection, { id, documentId })) tally.repaired(1);
    else tally.count(collection.name, { kind: 'extra', documentId });
  }

  async #judge(questions: readonly Question[]): Promise<void> {
    const { collection, judge, repairer, signal } = this.parts;
    const judged = await judge.judge(collection, questions, signal);
    const wrong = judged.filter(({ verdict }) => isWrong(verdict));
    for (const one of judged) if (repairer === undefined || !isWrong(one.verdict)) this.#count(one);
    if (repairer === undefined || wrong.length === 0) return;
    await this.#repair(repairer, wrong);
  }

  async #repair(repairer: Repairer, wrong: readonly Judged[]): Promise<void> {
    const { collection, judge, tally, signal } = this.parts;
    await repairer.repair(collection, wrong, signal);
    const again = await judge.judge(
      collection,
      wrong.map(({ question }) => question),
      signal,
    );
    const removed: Question[] = [];
    for (const one of again) {
      const { question, verdict } = one;
      // Its root is on no stage, so no touch can delete it: nobody made it.
      const gone =
        verdict.kind === 'extra' && question.about === 'id' && (await repairer.removeOrphan(collection, question));
      if (gone) removed.push({ about: 'root', root: question.root });
      else this.#count(one);
      if (gone || verdict.kind === 'equal' || verdict.kind === 'none') tally.repaired(1);
    }
    await this.#writeAgain(repairer, removed);
  }

  /** The source may have made a removed document's root at the last moment: then it is written from its rows. */
  async #writeAgain(repairer: Repairer, removed: readonly Question[]): Promise<void> {
    if (removed.length === 0) return;
    const { collection, judge, signal } = this.parts;
    const wrong = (await judge.judge(collection, removed, signal)).filter(({ verdict }) => isWrong(verdict));
    if (wrong.length > 0) await repairer.repair(collection, wrong, signal);
  }

  /** What a root has in the target is accounted for, right or wrong: only the rest can be extra. */
  #count({ question, verdict, foundId }: Judged): void {
    const { collection, tally, sums } = this.parts;
    tally.count(collection.name, verdict);
    if (question.about === 'root' && foundId !== undefined && verdict.kind !== 'none') sums.add(foundId);
  }
}
