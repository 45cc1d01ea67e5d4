import { createHash } from 'node:crypto';
import type { CollectionPlan } from '#model';
import { ExpectedDocuments } from './expected.js';
import type { PassParts } from './forward-pass.js';
import type { VerifyDeps } from './ports.js';
import { RootPages } from './root-pages.js';
import { type FoundId, TargetDocuments } from './target-documents.js';

/** Held at once; each judgement of them reads all roots of the collection. */
const MOST_ORPHANS = 50_000;
const IDS_PER_READ = 500;

/**
 * Documents that no root can be told for by their `_id`. All roots are read once to find the ones that make them; these
 * are judged with their roots. Those that no root makes are extra if that is still so, and they stand as they stood, after
 * a marker has drained, all roots having been read again. A root read page by page has one moment at which it was
 * looked for: what it makes is not missed by both readings unless it came and went around each of them.
 */
export class Orphans {
  #found: FoundId[] = [];
  readonly #pages: RootPages;
  readonly #expected: ExpectedDocuments;
  readonly #target: TargetDocuments;

  constructor(private readonly deps: VerifyDeps) {
    this.#pages = new RootPages(deps);
    this.#expected = new ExpectedDocuments(deps.plan, deps.assembler);
    this.#target = new TargetDocuments(deps.store);
  }

  add(found: FoundId): void {
    this.#found.push(found);
  }

  async judgeIfMany(parts: PassParts): Promise<void> {
    if (this.#found.length >= MOST_ORPHANS) await this.judge(parts);
  }

  async judge(parts: PassParts): Promise<void> {
    const ids = new Map(this.#found.map((found) => [found.id, found]));
    this.#found = [];
    if (ids.size === 0) return;
    const { collection, suspects, signal } = parts;
    await this.deps.control.visible(signal);
    await this.#sendMade(parts, ids);
    await suspects.judgeAll();
    if (ids.size === 0) return;
    await this.deps.control.drained(signal);
    const standing = await this.#standing(collection, ids);
    await this.deps.control.visible(signal);
    await this.#sendMade(parts, ids);
    await suspects.judgeAll();
    await this.deps.control.drained(signal);
    const still = await this.#standing(collection, ids);
    for (const [id, found] of ids) {
      const digest = still.get(id);
      if (digest !== undefined && digest === standing.get(id)) await suspects.orphan(found);
    }
  }

  /**
   * Reads all roots; those that make one of the `_id`s are asked about it, and it is taken out of `ids`. (Rows without a
   * key cannot be read again: such a root was judged as it was read.)
   */
  async #sendMade(parts: PassParts, ids: Map<string, FoundId>): Promise<void> {
    const { collection, suspects, signal } = parts;
    const { plan } = this.deps;
    const keyless = plan.tables[plan.nodes[collection.root]?.table as number]?.key.length === 0;
    for await (const page of this.#pages.of(collection, true, signal)) {
      for (const { row } of page.trees) {
        const made = this.#expected.idOf(collection, row);
        const found = made && ids.get(made.id);
        if (found === undefined) continue;
        ids.delete(found.id);
        if (!keyless) suspects.add({ about: 'id', root: row._id, ...found }, 0);
      }
      await suspects.judgeIfMany();
    }
  }

  /** Digests of the documents that exist, by `id`. */
  async #standing(collection: CollectionPlan, ids: ReadonlyMap<string, FoundId>): Promise<Map<string, string>> {
    const standing = new Map<string, string>();
    const all = [...ids.values()];
    for (let start = 0; start < all.length; start += IDS_PER_READ) {
      const some = all.slice(start, start + IDS_PER_READ).map((found) => found.documentId);
      for (const [id, found] of await this.#target.byIds(collection, some)) {
        standing.set(id, createHash('sha256').update(found.bytes).digest('base64'));
      }
    }
    return standing;
  }
}
