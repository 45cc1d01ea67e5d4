import { leavesOf } from './first-difference.js';
import type { Observation, Opinion, Verdict } from './opinion.js';

/**
 * What stood wrong in every one of many rounds, of a document that never stood still in any. A leaf counts only while the
 * source said one and the same value in both looks of all rounds and the target held one and the same other value in all
 * of them; a single round to the contrary drops it for good. What merely changes fast does not survive that; what is
 * wrong does, since each touch replaces the document whole from the same staged rows.
 */
export class Standing {
  #kind: Verdict['kind'] | undefined;
  #same = true;
  #leaves: Map<string, string> | undefined;
  #last: Verdict | undefined;

  observe(seen: Observation, opinion: Opinion): void {
    this.#last = opinion.verdict;
    if (this.#kind !== undefined && this.#kind !== opinion.verdict.kind) this.#same = false;
    this.#kind = opinion.verdict.kind;
    if (seen.before.kind === 'absent' && opinion.verdict.kind !== 'extra') this.#same = false;
    if (opinion.verdict.kind === 'different') this.#keep(wrongLeaves(seen));
  }

  verdict(about: 'root' | 'id'): Verdict {
    const right: Verdict = about === 'root' ? { kind: 'equal' } : { kind: 'none' };
    if (this.#last === undefined || !this.#same) return right;
    if (this.#last.kind !== 'different') return this.#last;
    const [path] = this.#leaves?.keys() ?? [];
    return path === undefined ? right : { kind: 'different', documentId: this.#last.documentId, path };
  }

  #keep(wrong: Map<string, string>): void {
    if (this.#leaves === undefined) this.#leaves = wrong;
    else for (const [path, values] of this.#leaves) if (wrong.get(path) !== values) this.#leaves.delete(path);
  }
}

function wrongLeaves({ before, found, after }: Observation): Map<string, string> {
  const wrong = new Map<string, string>();
  if (before.kind !== 'document' || after.kind !== 'document' || found === undefined) return wrong;
  const [first, second, there] = [leavesOf(before.bytes), leavesOf(after.bytes), leavesOf(found.bytes)];
  for (const path of new Set([...second.keys(), ...there.keys()])) {
    const expected = second.get(path);
    if (expected === first.get(path) && expected !== there.get(path))
      wrong.set(path, `${expected}\n${there.get(path)}`);
  }
  return wrong;
}
