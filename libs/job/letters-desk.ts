import { MillraceError } from '#errors';
import type { Plan, StagedRow } from '#model';
import { AUDIT, type IncarnationNames, type TouchesFence } from '#stage';
import { allInRange, type Doc, type Store } from '#store';
import type { Letter } from '#write';
import type { AuditPage, LetterFilter, LetterPage, LetterSummary, PageOptions } from './commands.js';
import { JOB_ERRORS } from './job.codes.js';
import { letterPage } from './letter-pages.js';

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
    return unknownLetter(id);
  }

  async page(filter: LetterFilter, options: PageOptions): Promise<LetterPage> {
    const { found, next } = await letterPage(this.store.read, this.names.letters, filter, options);
    return { letters: found.map(summaryOf), next };
  }

  /** Oldest first. */
  async trail({ after, limit }: PageOptions): Promise<AuditPage> {
    const entries = await this.store.read.range<AuditEntry>(AUDIT, after === undefined ? {} : { after }, { limit });
    const next = entries.length < limit ? null : ((entries.at(-1)?._id as string | undefined) ?? null);
    return {
      entries: entries.map(({ _id, at, by, action, letter, collection, details }) => ({
        id: _id as string,
        at: at.toISOString(),
        by,
        action,
        letter,
        collection,
        details,
      })),
      next,
    };
  }

  /** Letters, or the roots of those that were dealt with since: replaying them again is safe. */
  async references(ids: readonly string[]): Promise<LetterRef[]> {
    const letters = await this.store.read.byIds<Letter>(this.names.letters, ids);
    const known = new Map<string, Omit<LetterRef, 'id'>>(letters.map((letter) => [letter._id, letter]));
    const dealtWith = ids.filter((id) => !known.has(id));
    if (dealtWith.length > 0) {
      for (const entry of await this.store.read.byField<AuditEntry>(AUDIT, 'letter', dealtWith)) {
        if (entry.incarnation === this.names.incarnation) known.set(entry.letter, entry);
      }
    }
    return ids.map((id) => {
      const { collectionIndex, root } = known.get(id) ?? unknownLetter(id);
      return { id, collectionIndex, root };
    });
  }

  /** By letter, the rows that were corrected by it: other documents may have them, too. */
  async corrections(): Promise<Map<string, { table: number; key: string }[]>> {
    const corrected = new Map<string, { table: number; key: string }[]>();
    for (const { letter, incarnation, details } of await this.store.read.byField<AuditEntry>(AUDIT, 'action', [
      'edit',
    ])) {
      const { table, row } = details;
      if (incarnation !== this.names.incarnation || typeof table !== 'number' || typeof row !== 'string') continue;
      corrected.set(letter, [...(corrected.get(letter) ?? []), { table, key: row }]);
    }
    return corrected;
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

export function summaryOf(letter: Letter): LetterSummary {
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

function unknownLetter(id: string): never {
  throw new MillraceError(JOB_ERRORS.LETTER_UNKNOWN, `there is no dead letter ${id}`);
}
