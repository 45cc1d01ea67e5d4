import { MillraceError } from '#errors';
import type { Assembler } from '#mapping';
import { type CollectionPlan, type Plan, qualifiedName, type StagedRow, unpackTuple } from '#model';
import { AUDIT, type IncarnationNames, type TouchesFence } from '#stage';
import { allInRange, type Doc, type Store } from '#store';
import { type Claim, type Letter, ownerOf } from '#write';
import type { LetterSummary } from './commands.js';
import { JOB_ERRORS } from './job.codes.js';

/** One entry of the audit trail: who did what to which letter. */
interface AuditEntry extends Doc {
  at: Date;
  by: string;
  action: 'edit' | 'discard' | 'replay';
  letter: string;
  collection: string;
  collectionIndex: number;
  root: string;
  incarnation: number;
  details: Record<string, unknown>;
}

/** Where a letter or what became of it is kept. */
export interface LetterRef {
  id: string;
  collectionIndex: number;
  root: string;
}

/** Dead letters as records: listing, showing, discarding, the audit trail. What needs the engine is elsewhere. */
export class LettersDesk {
  constructor(
    private readonly store: Store,
    private readonly names: IncarnationNames,
    private readonly plan: Plan,
    private readonly now: () => Date,
  ) {}

  all(): AsyncGenerator<Letter> {
    return allInRange<Letter>(this.store.read, this.names.letters);
  }

  async list(): Promise<LetterSummary[]> {
    const summaries: LetterSummary[] = [];
    for await (const letter of this.all()) summaries.push(summaryOf(letter));
    return summaries.sort((a, b) => a.firstAt.localeCompare(b.firstAt));
  }

  async letter(id: string): Promise<Letter> {
    const letter = await this.store.read.byId<Letter>(this.names.letters, id);
    if (letter !== undefined) return letter;
    throw new MillraceError(JOB_ERRORS.LETTER_UNKNOWN, `there is no dead letter ${id}`);
  }

  /** A letter, or the root of one that was dealt with since: replaying it again is safe. */
  async reference(id: string): Promise<LetterRef> {
    const letter = await this.store.read.byId<Letter>(this.names.letters, id);
    if (letter !== undefined) return { id, collectionIndex: letter.collectionIndex, root: letter.root };
    const entries = await this.store.read.byField<AuditEntry>(AUDIT, 'letter', [id]);
    const entry = entries.find(({ incarnation }) => incarnation === this.names.incarnation);
    if (entry !== undefined) return { id, collectionIndex: entry.collectionIndex, root: entry.root };
    throw new MillraceError(JOB_ERRORS.LETTER_UNKNOWN, `there is no dead letter ${id}`);
  }

  async show(id: string, makeAssembler: (plan: Plan) => Assembler): Promise<Record<string, unknown>> {
    const letter = await this.letter(id);
    const table = this.tableOf(letter);
    const row = await this.rowOf(letter);
    return {
      ...summaryOf(letter),
      path: letter.path,
      table: qualifiedName(table),
      row: row?.c === undefined ? null : named(table.columns, unpackTuple(row.c)),
      document: (await this.document(letter, makeAssembler(this.plan))) ?? null,
      edited: row?.edit?.at === row?.at ? (row?.edit?.columns ?? null) : null,
      nextAt: letter.nextAt?.toISOString() ?? null,
    };
  }

  /** As it stands in the target, written when it last could be; undefined where it never could, or is not there. */
  private async document(letter: Letter, assembler: Assembler): Promise<Record<string, unknown> | undefined> {
    const collection = this.plan.collections[letter.collectionIndex] as CollectionPlan;
    const id = collection.claims
      ? (await this.claimsOf(letter))[0]?.id
      : assembler.idOfKey(letter.collectionIndex, letter.root);
    if (id === undefined) return undefined;
    return this.store.read.byId({ database: 'target', name: collection.name }, id, { exact: true });
  }

  private claimsOf({ collectionIndex, root }: Letter): Promise<Claim[]> {
    const owner = ownerOf(collectionIndex, root);
    return this.store.read.byField<Claim>(this.names.claims, 'owner', [owner], { exact: true });
  }

  /** The row that the letter is about, as it is staged. */
  async rowOf(letter: Letter): Promise<StagedRow | undefined> {
    const stage = this.names.stage(this.tableOf(letter).index);
    return (await this.store.read.byId(stage, letter.row?.key ?? letter.root)) as unknown as StagedRow | undefined;
  }

  /** The table of the row that the letter is about: of the node that its path begins with. */
  tableOf(letter: Letter): Plan['tables'][number] {
    const collection = this.plan.collections[letter.collectionIndex];
    const path = letter.path ?? '';
    const nodes = (collection?.nodes ?? []).map((id) => this.plan.nodes[id]).filter((node) => node !== undefined);
    const within = nodes.filter(
      (node) => path === node.path || path.startsWith(`${node.path}.`) || path.startsWith(`${node.path}/`),
    );
    const node = within.sort((a, b) => b.path.length - a.path.length)[0] ?? nodes[0];
    return this.plan.tables[(letter.row === null ? nodes[0] : node)?.table ?? 0] as Plan['tables'][number];
  }

  async discard(id: string, reason: string | undefined, by: string): Promise<void> {
    const letter = await this.letter(id);
    await this.audit('discard', letter, by, { reason: reason ?? null, code: letter.code, message: letter.message });
    await this.store.transact('discard', async (tx) => {
      const fence = await tx.fence<TouchesFence>(this.names.fences, this.names.touchesFence(letter.partition));
      const removed = await tx.remove(this.names.letters, [id]);
      if (removed > 0) await tx.patch(this.names.fences, fence._id, { inc: { letters: -removed } });
    });
  }

  /** Who tries a letter again later, when it was written meanwhile, is told so, not that there is none. */
  async auditReplay(references: readonly LetterRef[], by: string): Promise<void> {
    const ids = references.map(({ id }) => id);
    const letters = await this.store.read.byIds<Letter>(this.names.letters, ids);
    if (letters.length > 0)
      await this.store.write.put(
        AUDIT,
        letters.map((letter) => this.entry('replay', letter, by, {})),
      );
  }

  async audit(
    action: AuditEntry['action'],
    letter: Letter,
    by: string,
    details: Record<string, unknown>,
  ): Promise<void> {
    await this.store.write.put(AUDIT, [this.entry(action, letter, by, details)]);
  }

  private entry(
    action: AuditEntry['action'],
    { _id, collection, collectionIndex, root }: Letter,
    by: string,
    details: Record<string, unknown>,
  ): AuditEntry {
    const at = this.now();
    return {
      _id: `${at.toISOString()} ${action} ${_id}`,
      at,
      by,
      action,
      collection,
      collectionIndex,
      root,
      details,
      letter: _id,
      incarnation: this.names.incarnation,
    };
  }
}

function summaryOf(letter: Letter): LetterSummary {
  return {
    id: letter._id,
    collection: letter.collection,
    key: letter.key,
    code: letter.code,
    message: letter.message,
    attempts: letter.attempts,
    firstAt: letter.firstAt.toISOString(),
    lastAt: letter.lastAt.toISOString(),
  };
}

function named(
  columns: readonly { name: string }[],
  values: readonly (string | null)[],
): Record<string, string | null> {
  return Object.fromEntries(columns.map((column, i) => [column.name, values[i] ?? null]));
}
