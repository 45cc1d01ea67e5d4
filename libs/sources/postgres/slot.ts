import { setTimeout as sleep } from 'node:timers/promises';
import { escapeIdentifier } from 'pg';
import { MillraceError } from '#errors';
import type { CaptureHealth, CaptureNames } from '../source.js';
import { CAPTURE_CODES } from './capture.codes.js';
import type { PostgresConnections } from './connection.js';
import { sqlStateOf } from './errors.js';
import { missingPublication, publicationExists } from './publication.js';

/** A slot as the server shows it now. */
export interface SlotState {
  active: boolean;
  activePid: number | null;
  /** Why it can never be read again. */
  lost?: string;
  retainedBytes: number;
}

/** As JSON: the columns that tell of invalidation differ from version to version. */
const SLOT = `
SELECT pg_catalog.to_jsonb(s) AS slot, pg_catalog.pg_wal_lsn_diff(
  CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_receive_lsn() ELSE pg_catalog.pg_current_wal_lsn() END,
  s.restart_lsn)::text AS retained
FROM pg_catalog.pg_replication_slots s WHERE s.slot_name = $1`;

interface SlotRow {
  active: boolean;
  active_pid: number | null;
  wal_status: string | null;
  invalidation_reason?: string | null;
  conflicting?: boolean | null;
}

export async function readSlot(connections: PostgresConnections, slot: string): Promise<SlotState | undefined> {
  const [row] = await connections.query<{ slot: SlotRow; retained: string | null }>(SLOT, [slot]);
  if (!row) return undefined;
  const { active, active_pid: activePid, wal_status: walStatus, invalidation_reason: reason, conflicting } = row.slot;
  const lost = reason ?? (walStatus === 'lost' ? 'wal_removed' : conflicting ? 'conflicting' : undefined);
  return { active, activePid, retainedBytes: Math.max(0, Number(row.retained ?? 0)), ...(lost ? { lost } : {}) };
}

export async function captureHealth(connections: PostgresConnections, names: CaptureNames): Promise<CaptureHealth> {
  const state = await readSlot(connections, names.slot);
  if (!state) return { exists: false, retainedBytes: 0 };
  return { exists: true, retainedBytes: state.retainedBytes, ...(state.lost ? { lost: state.lost } : {}) };
}

/** Rejects with what a person has to know where the slot or the publication cannot be streamed from any more. */
export async function checkSlot(connections: PostgresConnections, names: CaptureNames): Promise<void> {
  const state = await readSlot(connections, names.slot);
  if (!state) throw failure('SLOT_MISSING', `The replication slot ${names.slot} is not there.`, names);
  if (state.lost)
    throw failure('SLOT_LOST', `The replication slot ${names.slot} was invalidated (${state.lost}).`, names);
  if (!(await publicationExists(connections, names.publication))) throw missingPublication(names.publication);
}

/**
 * Ends the session that streams from the slot. Only the holder of the job's lease comes here, so that session is one of
 * a former run whose end the server has not noticed yet.
 */
export async function endSlotUser(connections: PostgresConnections, slot: string): Promise<void> {
  await connections.execute(
    'SELECT pg_catalog.pg_terminate_backend(active_pid) FROM pg_catalog.pg_replication_slots WHERE slot_name = $1 AND active_pid IS NOT NULL',
    [slot],
  );
}

const POLL_MS = 100;

/** Waits until nobody streams from the slot, ends its user at the deadline, and drops it. */
export async function dropSlot(
  connections: PostgresConnections,
  slot: string,
  deadlineMs: number,
  confirm: () => Promise<void>,
): Promise<void> {
  const deadline = Date.now() + deadlineMs;
  let ended = false;
  for (;;) {
    const state = await readSlot(connections, slot);
    if (!state) return;
    if (!state.active) {
      await confirm();
      if (await tryDrop(connections, slot)) return;
    }
    if (!ended && Date.now() >= deadline) {
      await confirm();
      await endSlotUser(connections, slot);
      ended = true;
    }
    if (Date.now() >= deadline + 30_000) {
      throw new MillraceError(
        CAPTURE_CODES.SLOT_IN_USE,
        `The replication slot ${slot} is still in use, so it cannot be dropped.`,
        { retriable: true, context: { slot } },
      );
    }
    await sleep(POLL_MS);
  }
}

/** False where somebody took the slot meanwhile; a slot that is gone counts as dropped. */
async function tryDrop(connections: PostgresConnections, slot: string): Promise<boolean> {
  try {
    await connections.execute('SELECT pg_catalog.pg_drop_replication_slot($1)', [slot]);
    return true;
  } catch (error) {
    const state = sqlStateOf(error);
    if (state === '55006') return false;
    if (state === '42704') return true;
    throw error;
  }
}

export function slotIdentifier(slot: string): string {
  return escapeIdentifier(slot);
}

function failure(code: keyof typeof CAPTURE_CODES, message: string, names: CaptureNames): MillraceError {
  return new MillraceError(CAPTURE_CODES[code], `${message} ${CAPTURE_CODES[code].remedy}`, { context: { ...names } });
}
