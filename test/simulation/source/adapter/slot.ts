import { MillraceError } from '#errors';
import type { CaptureNames } from '#sources';
import { CAPTURE_CODES } from '../../../../libs/sources/postgres/capture.codes.js';
import { missingPublication } from '../../../../libs/sources/postgres/publication.js';
import type { SimTimers } from '../../kernel/index.js';
import { ServerError } from '../server/server-error.js';
import type { SimConnections } from './connections.js';

const POLL_MS = 100;
const GIVE_UP_MS = 30_000;

/** As the real adapter: three questions, and what a person has to know. */
export async function checkSlot(connections: SimConnections, names: CaptureNames): Promise<void> {
  const { slots, publications } = connections.server;
  const state = await connections.call('looks at the slot', () => slots.health(names.slot));
  if (!state.exists) throw failure('SLOT_MISSING', 'is not there', names);
  if (state.lost) throw failure('SLOT_LOST', `was invalidated (${state.lost})`, names);
  const isPublished = await connections.call('looks for the publication', () => publications.has(names.publication));
  if (!isPublished) throw missingPublication(names.publication);
}

export function endSlotUser(connections: SimConnections, slot: string): Promise<void> {
  return connections.call('ends the user of the slot', () => connections.server.slots.endUser(slot));
}

/** Waits until nobody streams from the slot, ends its user at the deadline, and drops it. */
export async function dropSlot(
  connections: SimConnections,
  timers: SimTimers,
  slot: string,
  deadlineMs: number,
  confirm: () => Promise<void>,
): Promise<void> {
  const { slots } = connections.server;
  const deadline = timers.now() + deadlineMs;
  for (let ended = false; ; await timers.wait(POLL_MS)) {
    const state = await connections.call('looks at the slot', () => {
      const found = slots.get(slot);
      return found && { isUsed: found.user !== undefined };
    });
    if (!state) return;
    if (!state.isUsed) {
      await confirm();
      if (await tryDrop(connections, slot)) return;
    }
    if (!ended && timers.now() >= deadline) {
      await confirm();
      await endSlotUser(connections, slot);
      ended = true;
    }
    if (timers.now() >= deadline + GIVE_UP_MS) throw slotInUse(slot);
  }
}

export function slotInUse(slot: string): MillraceError {
  return new MillraceError(CAPTURE_CODES.SLOT_IN_USE, `The replication slot ${slot} is in use by another session.`, {
    retriable: true,
    context: { slot },
  });
}

export function sqlStateOf(error: unknown): string | undefined {
  const cause = error instanceof MillraceError ? error.cause : error;
  return cause instanceof ServerError ? cause.code : undefined;
}

async function tryDrop(connections: SimConnections, slot: string): Promise<boolean> {
  try {
    await connections.call('drops the slot', () => connections.server.slots.drop(slot));
    return true;
  } catch (error) {
    const state = sqlStateOf(error);
    if (state === '55006') return false;
    if (state === '42704') return true;
    throw error;
  }
}

function failure(code: 'SLOT_MISSING' | 'SLOT_LOST', what: string, names: CaptureNames): MillraceError {
  const { remedy } = CAPTURE_CODES[code];
  return new MillraceError(CAPTURE_CODES[code], `The replication slot ${names.slot} ${what}. ${remedy}`, {
    context: { ...names },
  });
}
