import type { Assembler } from '#mapping';
import type { CollectionPlan, Plan, StagedRow } from '#model';
import type { IncarnationNames } from '#stage';
import type { CollectionRef, StoreTransaction } from '#store';
import { type Claim, claimId, ownerOf } from './claim.js';
import type { Outcome } from './document-batch.js';
import type { TargetWrite } from './target-writes.js';

const NO_FORMERS: ReadonlyMap<string, unknown> = new Map();

/** What a batch does with `_id`s that are not simply the root keys. */
export interface ClaimedBatch {
  /** `_id`s to delete first: their owner left them, or writes an equal one of another representation. */
  deletes: unknown[];
  writes: TargetWrite[];
  /** Roots whose `_id` another root owns: they wait for this claim. */
  waiting: { root: string; claim: string }[];
  claims: Claim[];
  released: string[];
  /** Roots that lost their `_id` to a lower key: they wait for this claim. */
  ousted: { root: string; claim: string }[];
  /** Claims of roots that cannot be written and want another `_id` now: whoever waits for them may take them over. */
  loose: string[];
  /** Claims taken over from roots that left them and have not been touched yet: who waits may have a lower key. */
  takenOver: string[];
  /** Held for the length of the transaction: whoever claims one of them at the same time conflicts. */
  passing: Claim[];
}

/**
 * Which root owns each `_id`, kept in the same transaction as the documents. A root deletes its former `_id` only where it
 * still owns it. An `_id` of another root is taken over when that root's staged row is gone or has another `_id`, or when
 * this root's key is the lower one: the outcome depends on the rows alone, not on time.
 */
export class Claims {
  constructor(
    private readonly plan: Plan,
    private readonly names: IncarnationNames,
    private readonly assembler: Assembler,
  ) {}

  /** `formers`: by root, the `_id` that a former incarnation wrote it as. */
  async settle(
    tx: StoreTransaction,
    collection: CollectionPlan,
    outcomes: readonly Outcome[],
    formers: ReadonlyMap<string, unknown> = NO_FORMERS,
  ): Promise<ClaimedBatch> {
    const acting = outcomes.filter((outcome) => outcome.kind === 'write' || outcome.kind === 'delete');
    const held = await this.heldBy(
      tx,
      collection,
      outcomes.filter((outcome) => outcome.kind !== 'none').map((outcome) => outcome.root),
    );
    const wanted = new Map<string, Claim | undefined>();
    for (const outcome of acting)
      if (outcome.kind === 'write') wanted.set(claimId(collection.index, outcome.id), undefined);
    for (const id of formers.values()) wanted.set(claimId(collection.index, id), undefined);
    for (const claim of await tx.byIds<Claim>(this.names.claims, [...wanted.keys()], { exact: true }))
      wanted.set(claim._id, claim);
    const contested = await this.contested(tx, collection, wanted);
    const batch: ClaimedBatch = {
      deletes: [],
      writes: [],
      waiting: [],
      claims: [],
      released: [],
      ousted: [],
      loose: this.loose(collection, outcomes, held),
      takenOver: [],
      passing: [],
    };
    const inKeyOrder = [...acting].sort((a, b) => (a.root < b.root ? -1 : 1));
    const leaving = this.leaving(collection, acting, held, batch);
    for (const outcome of inKeyOrder)
      if (outcome.kind === 'write') this.write(collection, outcome, wanted, contested, leaving, batch);
    for (const outcome of outcomes)
      if (formers.has(outcome.root))
        this.leaveFormer(collection, outcome, formers.get(outcome.root), { wanted, contested }, batch);
    return batch;
  }

  /** Writes what `settle` decided of the claims themselves; documents are the caller's. */
  async keep(tx: StoreTransaction, batch: ClaimedBatch): Promise<void> {
    const passing = batch.passing.map((claim) => claim._id);
    if (passing.length > 0) {
      await tx.put(this.names.claims, batch.passing);
      await tx.remove(this.names.claims, passing);
    }
    const claimed = new Set(batch.claims.map((claim) => claim._id));
    const released = batch.released.filter((id) => !claimed.has(id));
    if (released.length > 0) await tx.remove(this.names.claims, released);
    if (batch.claims.length > 0) await tx.put(this.names.claims, batch.claims);
  }

  private async heldBy(
    tx: StoreTransaction,
    collection: CollectionPlan,
    roots: string[],
  ): Promise<Map<string, Claim[]>> {
    const owners = roots.map((root) => ownerOf(collection.index, root));
    const held = new Map<string, Claim[]>();
    for (const claim of await tx.byField<Claim>(this.names.claims, 'owner', owners, { exact: true })) {
      held.set(claim.root, [...(held.get(claim.root) ?? []), claim]);
    }
    return held;
  }

  /** Claims whose root does not want them any more: released first, so that another root of the batch can take them. */
  private leaving(
    collection: CollectionPlan,
    acting: readonly Outcome[],
    held: ReadonlyMap<string, Claim[]>,
    batch: ClaimedBatch,
  ): Set<string> {
    const leaving = new Set<string>();
    for (const outcome of acting) {
      const wants = outcome.kind === 'write' ? claimId(collection.index, outcome.id) : undefined;
      for (const claim of held.get(outcome.root) ?? []) {
        if (claim._id === wants) continue;
        leaving.add(claim._id);
        batch.deletes.push(claim.id);
        batch.released.push(claim._id);
      }
    }
    return leaving;
  }

  private loose(
    collection: CollectionPlan,
    outcomes: readonly Outcome[],
    held: ReadonlyMap<string, Claim[]>,
  ): string[] {
    const loose: string[] = [];
    for (const outcome of outcomes) {
      const claims = outcome.kind === 'refused' ? (held.get(outcome.root) ?? []) : [];
      if (outcome.kind !== 'refused' || claims.length === 0) continue;
      const id = outcome.row === undefined ? undefined : this.assembler.idOf(collection.index, outcome.row);
      const wants = id === undefined ? undefined : claimId(collection.index, id);
      for (const claim of claims) if (claim._id !== wants) loose.push(claim._id);
    }
    return loose;
  }

  private write(
    collection: CollectionPlan,
    outcome: Extract<Outcome, { kind: 'write' }>,
    wanted: Map<string, Claim | undefined>,
    contested: Map<string, boolean>,
    leaving: Set<string>,
    batch: ClaimedBatch,
  ): void {
    const id = claimId(collection.index, outcome.id);
    const present = wanted.get(id);
    const owner = present !== undefined && !leaving.has(id) ? present.root : undefined;
    if (present !== undefined && owner !== undefined && owner !== outcome.root) {
      const free = contested.get(id) === false;
      if (!free && owner < outcome.root) {
        batch.waiting.push({ root: outcome.root, claim: id });
        if (!batch.claims.some((claim) => claim._id === id))
          batch.claims.push({ ...present, n: Number(present.n) + 1 });
        return;
      }
      if (free) batch.takenOver.push(id);
      else batch.ousted.push({ root: owner, claim: id });
      batch.deletes.push(present.id);
    } else if (present !== undefined && owner === outcome.root && !sameRepresentation(present.id, outcome.id)) {
      batch.deletes.push(present.id);
    }
    const claim: Claim = {
      _id: id,
      owner: ownerOf(collection.index, outcome.root),
      root: outcome.root,
      id: outcome.id,
      n: Number(present?.n ?? 0) + 1,
    };
    leaving.delete(id);
    wanted.set(id, claim);
    contested.set(id, true); // What is known of the former owner says nothing of this one: further roots of the batch wait.
    batch.claims.push(claim);
    batch.writes.push(outcome);
  }

  /**
   * What a former incarnation wrote a root as: that document goes, unless a root of now owns the `_id`. One whose root is
   * here and cannot be written now stays as its last good version, and is the root's to leave.
   */
  private leaveFormer(
    collection: CollectionPlan,
    { root, kind }: Outcome,
    formerId: unknown,
    { wanted, contested }: { wanted: Map<string, Claim | undefined>; contested: ReadonlyMap<string, boolean> },
    batch: ClaimedBatch,
  ): void {
    const id = claimId(collection.index, formerId);
    const present = wanted.get(id);
    const claim: Claim = { _id: id, owner: ownerOf(collection.index, root), root, id: formerId, n: 1 };
    if (present === undefined && (kind === 'refused' || kind === 'none')) {
      wanted.set(id, claim);
      batch.claims.push(claim);
      return;
    }
    if (present !== undefined && (present.root === root || contested.get(id) !== false)) return;
    batch.deletes.push(formerId);
    if (present === undefined) batch.passing.push(claim);
    else batch.released.push(id);
  }

  /** For claims of other roots: whether their owner's staged row still has that `_id`. */
  private async contested(
    tx: StoreTransaction,
    collection: CollectionPlan,
    wanted: ReadonlyMap<string, Claim | undefined>,
  ): Promise<Map<string, boolean>> {
    const claims = [...wanted.values()].filter((claim) => claim !== undefined);
    const contested = new Map<string, boolean>();
    if (claims.length === 0) return contested;
    const stage: CollectionRef = this.names.stage(this.plan.nodes[collection.root]?.table as number);
    const owners = (await tx.byIds(
      stage,
      claims.map((claim) => claim.root),
    )) as unknown as StagedRow[];
    const rows = new Map(owners.map((row) => [row._id, row]));
    for (const claim of claims) {
      const row = rows.get(claim.root);
      const id = row === undefined || row.gone ? undefined : this.assembler.idOf(collection.index, row);
      contested.set(claim._id, id !== undefined && claimId(collection.index, id) === claim._id);
    }
    return contested;
  }
}

function sameRepresentation(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
