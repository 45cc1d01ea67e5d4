import { MillraceError } from '#errors';
import type { Plan } from '#model';
import type { CaptureNames } from '../source.js';
import type { PostgresConnections, SourceClient } from './connection.js';
import { parseLsn } from './lsn.js';
import { createPublication, dropPublication } from './publication.js';
import { POSTGRES_CODES } from './postgres.codes.js';
import { dropSlot, slotIdentifier } from './slot.js';
import { isSnapshotGone } from './snapshot.js';
import { TransactionSnapshot, waitUntilSettled } from './visibility.js';

/** For how long a former user of the slot may linger before it is ended. */
const FORMER_USER_MS = 3_000;
const REPORT_MS = 10_000;

/**
 * Publication first, committed, so that the slot decodes nothing that was written before it. Then the slot, which waits
 * for all transactions that run. Its consistent point alone is no start position: a commit is in the log before it is
 * visible, so the last ones before it may not be visible yet. The snapshot exported with the slot names them; when none
 * of them is in progress any more, every transaction at or before the point is visible to every later read.
 */
export async function startCapture(
  connections: PostgresConnections,
  plan: Plan,
  names: CaptureNames,
  signal: AbortSignal,
  report: (message: string) => void,
  confirm: () => Promise<void>,
): Promise<bigint> {
  signal.throwIfAborted();
  await dropSlot(connections, names.slot, FORMER_USER_MS, confirm);
  await confirm();
  await dropPublication(connections, names.publication);
  await createPublication(connections, names.publication, plan);
  signal.throwIfAborted();
  const creator = await connections.replicationClient();
  const pid = processIdOf(creator);
  const reporter = setInterval(() => {
    describeWait(connections, pid).then(
      (message) => message && report(message),
      () => {},
    );
  }, REPORT_MS);
  try {
    await confirm();
    const { point, snapshot } = await createSlot(connections, creator, names.slot, signal);
    const exported = await readExported(connections, snapshot);
    await confirmSession(connections, creator);
    await waitUntilSettled(connections, exported, signal);
    return point;
  } finally {
    clearInterval(reporter);
    await creator.close();
  }
}

async function createSlot(
  connections: PostgresConnections,
  creator: SourceClient,
  slot: string,
  signal: AbortSignal,
): Promise<{ point: bigint; snapshot: string }> {
  const pid = processIdOf(creator);
  // The server does not notice a closed connection while it waits for other transactions, so it is told.
  const cancel = (): void => {
    connections.execute('SELECT pg_catalog.pg_terminate_backend($1)', [pid]).catch(() => creator.abort());
  };
  signal.addEventListener('abort', cancel, { once: true });
  try {
    const { rows } = await creator.query<{ consistent_point: string; snapshot_name: string }>(
      `CREATE_REPLICATION_SLOT ${slotIdentifier(slot)} LOGICAL pgoutput EXPORT_SNAPSHOT`,
    );
    const [row] = rows;
    if (!row) throw new Error('the server said nothing of the slot that it made');
    return { point: parseLsn(row.consistent_point), snapshot: row.snapshot_name };
  } catch (error) {
    signal.throwIfAborted();
    throw connections.error(error, `creating the replication slot ${slot}`, creator);
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}

function processIdOf(client: SourceClient): number {
  return (client as unknown as { processID: number }).processID;
}

/** In a session that does nothing else with it: reading a table in it now could take a committed row for an aborted one. */
async function readExported(connections: PostgresConnections, snapshot: string): Promise<TransactionSnapshot> {
  const importer = await connections.client();
  try {
    await importer.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    await importer.query(`SET TRANSACTION SNAPSHOT '${snapshot}'`).catch((error: unknown) => {
      throw isSnapshotGone(error) ? sessionEnded(error) : error;
    });
    const { rows } = await importer.query<{ pg_current_snapshot: string }>('SELECT pg_current_snapshot()');
    await importer.query('COMMIT');
    return TransactionSnapshot.parse((rows[0] as { pg_current_snapshot: string }).pg_current_snapshot);
  } catch (error) {
    throw connections.error(error, "reading the slot's snapshot", importer);
  } finally {
    await importer.close();
  }
}

/** A server that was restarted may have given the name to another session's snapshot: while this one lives, it is its own. */
async function confirmSession(connections: PostgresConnections, creator: SourceClient): Promise<void> {
  try {
    await creator.query('IDENTIFY_SYSTEM');
  } catch (error) {
    throw connections.error(error, 'creating the replication slot', creator);
  }
}

/** With its snapshot; another start makes the slot anew. */
export function sessionEnded(cause: unknown): MillraceError {
  const message = 'The session that made the replication slot ended before its snapshot was read.';
  return new MillraceError(POSTGRES_CODES.SOURCE_CONNECTION_LOST, message, { retriable: true, cause });
}

async function describeWait(connections: PostgresConnections, pid: number): Promise<string | undefined> {
  const [row] = await connections.query<{ open: number; since: string | null }>(
    `SELECT count(*)::int AS open, min(xact_start)::text AS since FROM pg_catalog.pg_stat_activity
      WHERE backend_xid IS NOT NULL AND pid <> $1`,
    [pid],
  );
  return row && row.open > 0
    ? `Before the load can start, ${row.open} open transaction(s) of the source must end; the oldest began at ${row.since}.`
    : undefined;
}
