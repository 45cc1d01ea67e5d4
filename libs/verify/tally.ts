import type { VerifyDocument, VerifyReport } from './report.js';
import { printedId, type Verdict } from './opinion.js';

/** Each document counts once, in the count of its kind; the first so many that are not equal are listed. */
const MAX_LISTED = 100;

export class Tally {
  readonly #report: VerifyReport = {
    equal: 0,
    different: 0,
    missing: 0,
    extra: 0,
    edited: 0,
    deadLetters: 0,
    documents: [],
  };

  equal(count: number): void {
    this.#report.equal += count;
  }

  count(collection: string, verdict: Verdict): void {
    if (verdict.kind === 'none') return;
    if (verdict.kind === 'equal') return this.equal(1);
    this.#report[verdict.kind === 'deadLetter' ? 'deadLetters' : verdict.kind]++;
    this.#list(collection, verdict);
  }

  repaired(count: number): void {
    this.#report.repaired = (this.#report.repaired ?? 0) + count;
  }

  get report(): VerifyReport {
    return this.#report;
  }

  #list(collection: string, verdict: Exclude<Verdict, { kind: 'none' } | { kind: 'equal' }>): void {
    const { documents } = this.#report;
    if (documents.length >= MAX_LISTED) return;
    const listed: VerifyDocument = { collection, id: printedId(verdict.documentId), kind: verdict.kind };
    if (verdict.kind === 'different') {
      listed.path = verdict.path;
      if (verdict.expected !== undefined) listed.expected = verdict.expected;
      if (verdict.found !== undefined) listed.found = verdict.found;
    }
    documents.push(listed);
  }
}
