import type { Plan } from '#model';
import type { CaptureNames } from '#sources';
import { sessionEnded } from '../../../../libs/sources/postgres/capture-start.js';
import { isSnapshotGone } from '../../../../libs/sources/postgres/snapshot.js';
import { TransactionSnapshot, untilSettled } from '../../../../libs/sources/postgres/visibility.js';
import type { SimTimers } from '../../kernel/index.js';
import type { SimClient, SimConnections } from './connections.js';
import { dropSlot } from './slot.js';
import { untilAborted } from './until-aborted.js';

const FORMER_USER_MS = 3_000;
const POLL_MS = 5;

/**
 * The steps of the real adapter's `startCapture`, in its order: publication, slot, the snapshot exported with it, and then
 * its own code that waits until what that snapshot counts as committed is visible.
 */
export async function startCapture(
  connections: SimConnections,
  timers: SimTimers,
  plan: Plan,
  names: CaptureNames,
  signal: AbortSignal,
  confirm: () => Promise<void>,
): Promise<bigint> {
  signal.throwIfAborted();
  const { server } = connections;
  await dropSlot(connections, timers, names.slot, FORMER_USER_MS, confirm);
  await confirm();
  await connections.call('drops the publication', () => server.publications.drop(names.publication));
  await connections.call('creates the publication', () =>
    server.publications.create(
      names.publication,
      plan.tables.map((table) => server.tableOf(table)),
    ),
  );
  signal.throwIfAborted();
  const { client: creator } = await connections.open('connects to create the slot', () => {});
  try {
    await confirm();
    const { point, name } = await untilAborted(signal, () => createSlot(connections, creator, names.slot));
    const exported = await readExported(connections, name);
    await creator.call('confirms that the session lives', () => undefined);
    await settled(connections, timers, exported, signal);
    return point;
  } finally {
    await creator.close();
  }
}

/** The present snapshot, as the real adapter reads it. */
export async function currentSnapshot(connections: SimConnections): Promise<TransactionSnapshot> {
  const { transactions } = connections.server;
  return TransactionSnapshot.parse(
    await connections.call('looks at the running transactions', () => transactions.snapshot().text),
  );
}

function settled(
  connections: SimConnections,
  timers: SimTimers,
  exported: TransactionSnapshot,
  signal: AbortSignal,
): Promise<void> {
  return untilSettled(
    exported,
    () => currentSnapshot(connections),
    () => timers.wait(POLL_MS, signal),
  );
}

function createSlot(
  { server }: SimConnections,
  creator: SimClient,
  slot: string,
): Promise<{ point: bigint; name: string }> {
  return creator.wait('creates the slot', (session) => {
    const attempt = server.slots.create(session, slot);
    return () => {
      const created = attempt();
      return created && { point: created.point, name: server.exported.export(session, created.snapshot) };
    };
  });
}

async function readExported(connections: SimConnections, name: string): Promise<TransactionSnapshot> {
  const { exported } = connections.server;
  const { client, answer } = await connections
    .open("reads the slot's snapshot", () => exported.import(name).text)
    .catch((error: unknown) => {
      throw isSnapshotGone((error as Error).cause) ? sessionEnded(error) : error;
    });
  await client.close();
  return TransactionSnapshot.parse(answer);
}
