import { BSON } from 'bson';
import type { Assembler } from '#mapping';
import type { Plan } from '#model';
import type { IncarnationNames } from '#stage';
import type { Store } from '#store';
import { exactDocument } from '#verify';
import { outcomesOf, TreeReader } from '#write';
import type { DryRun } from './commands.js';
import type { LetterRef } from './letters-desk.js';

export interface DryRunParts {
  plan: Plan;
  names: IncarnationNames;
  store: Pick<Store, 'read'>;
  assembler: Assembler;
}

/** What a replay of each letter would write, of the rows as they are staged now; each value in BSON's own class. */
export async function dryRun(parts: DryRunParts, references: readonly LetterRef[]): Promise<DryRun[]> {
  const { plan, names, store, assembler } = parts;
  const reader = new TreeReader(plan, names);
  const documents: DryRun[] = [];
  for (const { id, collectionIndex, root } of references) {
    const collection = plan.collections[collectionIndex] as Plan['collections'][number];
    const trees = await reader.read(store.read, collectionIndex, [root]);
    const [outcome] = outcomesOf(assembler, collection, [root], trees, new Map(), new Map());
    const entry = { id, collection: collection.name, document: null };
    if (outcome?.kind === 'write') documents.push({ ...entry, document: exactly(outcome.document) });
    else if (outcome?.kind === 'refused')
      documents.push({ ...entry, code: outcome.cause.code, message: outcome.cause.message });
    else documents.push(entry);
  }
  return documents;
}

function exactly(document: Record<string, unknown>): Record<string, unknown> {
  return exactDocument(BSON.serialize(document, { ignoreUndefined: true })) as Record<string, unknown>;
}
