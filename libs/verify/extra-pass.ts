import type { CollectionPlan } from '#model';
import { ExpectedDocuments } from './expected.js';
import type { PassParts } from './forward-pass.js';
import { Orphans } from './orphans.js';
import type { VerifyDeps } from './ports.js';
import { RootOfId } from './root-of-id.js';
import { type FoundId, TargetDocuments } from './target-documents.js';

const CANDIDATES_AT_ONCE = 1_000;
/** An `_id` held in memory, with its document's bytes while it is judged, is taken for about so much. */
const CANDIDATE_BYTES = 1_024;

/**
 * From target to source: documents that should not exist. What the forward pass found in the target was added to the sums;
 * all `_id`s of the target are now taken from them. If nothing is left there is nothing more. Otherwise the `_id`s of the
 * buckets that don't add up are gone through again, each is traced to the root that makes it, or once made it, and judged
 * with that root: by the claims, by the key that the `_id` is made of, or by reading all roots once. Documents that came
 * or went meanwhile disturb a bucket too; they are found to be right then.
 */
export class ExtraPass {
  readonly #target: TargetDocuments;
  readonly #rootOfId: RootOfId;
  readonly #orphans: Orphans;

  constructor(private readonly deps: VerifyDeps) {
    this.#target = new TargetDocuments(deps.store);
    this.#rootOfId = new RootOfId(deps.plan, new ExpectedDocuments(deps.plan, deps.assembler));
    this.#orphans = new Orphans(deps);
  }

  async run(parts: PassParts): Promise<void> {
    const { collection, sums, suspects, signal } = parts;
    for await (const page of this.#target.ids(collection)) {
      signal.throwIfAborted();
      for (const { id } of page) sums.take(id);
    }
    if (sums.balanced) return;
    let candidates: FoundId[] = [];
    for await (const page of this.#target.ids(collection)) {
      signal.throwIfAborted();
      for (const found of page) if (sums.suspects(found.id)) candidates.push(found);
      if (candidates.length < CANDIDATES_AT_ONCE) continue;
      await this.#trace(parts, candidates);
      candidates = [];
    }
    await this.#trace(parts, candidates);
    await suspects.judgeAll();
    await this.#orphans.judge(parts);
  }

  async #trace(parts: PassParts, candidates: readonly FoundId[]): Promise<void> {
    if (candidates.length === 0) return;
    const { collection, suspects } = parts;
    const owners = await this.#owners(collection, candidates);
    for (const [i, found] of candidates.entries()) {
      const root = owners[i];
      if (root === undefined) this.#orphans.add(found);
      else suspects.add({ about: 'id', root, ...found }, CANDIDATE_BYTES);
    }
    await suspects.judgeIfMany();
    await this.#orphans.judgeIfMany(parts);
  }

  async #owners(collection: CollectionPlan, candidates: readonly FoundId[]): Promise<(string | undefined)[]> {
    const root = this.deps.plan.nodes[collection.root];
    if (this.deps.plan.tables[root?.table as number]?.key.length === 0) return candidates.map(() => undefined);
    if (!collection.claims) return candidates.map((found) => this.#rootOfId.of(collection, found));
    return this.deps.state.owners(
      collection.index,
      candidates.map((found) => found.documentId),
    );
  }
}
