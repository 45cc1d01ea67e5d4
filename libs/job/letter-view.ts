import { BSON } from 'bson';
import type { Assembler } from '#mapping';
import { type CollectionPlan, type Plan, qualifiedName } from '#model';
import type { IncarnationNames } from '#stage';
import type { Store } from '#store';
import { exactDocument, fieldDifferences } from '#verify';
import { type Claim, type Letter, ownerOf } from '#write';
import type { LetterView } from './commands.js';
import { dryRun } from './dry-run.js';
import { type LettersDesk, summaryOf } from './letters-desk.js';
import { rowByName } from './row-by-name.js';

export interface LetterViewParts {
  desk: LettersDesk;
  store: Store;
  names: IncarnationNames;
  plan: Plan;
  assembler: Assembler;
}

/** One letter with all that is known: its row, its document as it stands, what a replay would make of it now. */
export async function viewLetter(id: string, parts: LetterViewParts): Promise<LetterView> {
  const { desk } = parts;
  const letter = await desk.letter(id);
  const table = desk.tableOf(letter);
  const row = await desk.rowOf(letter);
  const document = await documentOf(letter, parts);
  const [replay] = await dryRun(parts, [{ id, collectionIndex: letter.collectionIndex, root: letter.root }]);
  return {
    ...summaryOf(letter),
    path: letter.path,
    table: qualifiedName(table),
    row: row?.c === undefined ? null : rowByName(table, row.c),
    document: document === undefined ? null : exactDocument(document),
    replay: replayOf(replay),
    difference: replay?.code === undefined ? fieldDifferences(document, bytesOf(replay?.document)) : null,
    edited: row?.edit?.at === row?.at ? (row?.edit?.columns ?? null) : null,
    nextAt: letter.nextAt?.toISOString() ?? null,
  };
}

function replayOf(replay: Awaited<ReturnType<typeof dryRun>>[number] | undefined): LetterView['replay'] {
  const { document = null, code, message } = replay ?? {};
  return { document, ...(code === undefined ? {} : { code, message: message ?? '' }) };
}

/** Of what came out of an assembler: `Map`s are written as documents. */
function bytesOf(document: Record<string, unknown> | null | undefined): Uint8Array | undefined {
  return document == null ? undefined : BSON.serialize(document, { ignoreUndefined: true });
}

/** As it stands in the target, written when it last could be; undefined where it never could, or is not there. */
async function documentOf(letter: Letter, { plan, assembler, store, names }: LetterViewParts) {
  const { collectionIndex, root } = letter;
  const collection = plan.collections[collectionIndex] as CollectionPlan;
  const id = collection.claims
    ? (await claimsOf(letter, store, names))[0]?.id
    : assembler.idOfKey(collectionIndex, root);
  if (id === undefined) return undefined;
  const found = await store.read.byId({ database: 'target', name: collection.name }, id, { raw: true });
  return found as unknown as Uint8Array | undefined;
}

function claimsOf({ collectionIndex, root }: Letter, store: Store, names: IncarnationNames): Promise<Claim[]> {
  const owner = ownerOf(collectionIndex, root);
  return store.read.byField<Claim>(names.claims, 'owner', [owner], { exact: true });
}
