import { createHash } from 'node:crypto';
import type { CollectionPlan, Plan, StagedRow, TablePlan } from '#model';
import { keyTexts, unpackTuple } from '#model';
import type { Doc } from '#store';
import { LETTER_CODES } from './letter.codes.js';

/** A dead letter: why one document is not written. Its cause is that of the last attempt. */
export interface Letter extends Doc {
  _id: string;
  collection: string;
  collectionIndex: number;
  /** The canonical key of the root. */
  root: string;
  /** Columns of the root's key by name, for people. */
  key: Record<string, string | null>;
  code: string;
  message: string;
  /** Where in the mapping, and which row of which table (its key), as far as known. */
  path: string | null;
  row: { table: string; key: string } | null;
  attempts: number;
  firstAt: Date;
  lastAt: Date;
  /** When the retry queue tries again by itself; null: not before an operator or a change. */
  nextAt: Date | null;
  /** The claim that it waits for. */
  waits: string | null;
  partition: number;
}

export interface Cause {
  code: string;
  message: string;
  path?: string;
  row?: { table: string; key: string };
  waits?: string;
}

const RETRY_MS = [5_000, 30_000, 120_000, 600_000, 3_600_000];

/**
 * For `onError: stop` and `stopAfterErrors`. Roots that swap their `_id`s, or the values of a unique index, wait for one
 * another for moments, and that is no error; one that still waits at its first retry wants what another row keeps.
 */
export function hasFailed(letter: Letter | undefined): boolean {
  if (letter === undefined) return false;
  const waits = letter.waits !== null || letter.code === LETTER_CODES.TARGET_UNIQUE_INDEX.code;
  return !waits || letter.lastAt.getTime() - letter.firstAt.getTime() >= (RETRY_MS[0] as number);
}

const REFUSALS = new Set(
  (['TARGET_UNIQUE_INDEX', 'TARGET_VALIDATION', 'TARGET_REFUSED', 'DOCUMENT_TOO_LARGE'] as const).map(
    (name) => LETTER_CODES[name].code,
  ),
);

/** Whether it ended a transaction, and may end the next one that it is in. */
export function isRefused(letter: Letter): boolean {
  return REFUSALS.has(letter.code as never);
}

export function letterId(collection: string, root: string): string {
  return createHash('sha256').update(`${collection}\0${root}`).digest('hex').slice(0, 16);
}

export function writeLetter(parts: {
  plan: Plan;
  collection: CollectionPlan;
  root: string;
  row: StagedRow | undefined;
  cause: Cause;
  former: Letter | undefined;
  now: Date;
  partition: number;
}): Letter {
  const { collection, cause, former, now } = parts;
  const attempts = (former?.attempts ?? 0) + 1;
  const delay = RETRY_MS[attempts - 1];
  return {
    _id: letterId(collection.name, parts.root),
    collection: collection.name,
    collectionIndex: collection.index,
    root: parts.root,
    key: keyColumns(parts.plan.tables[parts.plan.nodes[collection.root]?.table as number], parts.root, parts.row),
    code: cause.code,
    message: cause.message,
    path: cause.path ?? null,
    row: cause.row ?? null,
    attempts,
    firstAt: former?.firstAt ?? now,
    lastAt: now,
    nextAt: delay === undefined ? null : new Date(now.getTime() + delay),
    waits: cause.waits ?? null,
    partition: parts.partition,
  };
}

/** As the row says, else as the canonical key does, which all rows have, also those that are kept without columns. */
export function keyColumns(
  table: TablePlan | undefined,
  key: string,
  row: StagedRow | undefined,
): Record<string, string | null> {
  if (table === undefined) return {};
  const values = row?.c === undefined ? undefined : unpackTuple(row.c);
  const texts = values === undefined ? keyTexts(key) : table.key.map((column) => values[column] ?? null);
  return Object.fromEntries(table.key.map((column, i) => [table.columns[column]?.name as string, texts[i] ?? null]));
}
