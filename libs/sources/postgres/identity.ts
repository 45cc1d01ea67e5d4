import { MillraceError } from '#errors';
import { sameSource } from '../same-source.js';
import type { SourceIdentity } from '../source.js';
import { CAPTURE_CODES } from './capture.codes.js';
import type { PostgresConnections, SourceClient } from './connection.js';
import { sqlStateOf } from './errors.js';

/** The timeline of the log being written now; a standby can only tell the one of its last checkpoint. */
const IDENTITY = `
SELECT s.system_identifier::text AS system, pg_catalog.current_setting('server_version') AS version,
  CASE WHEN pg_catalog.pg_is_in_recovery() THEN (SELECT timeline_id::text FROM pg_catalog.pg_control_checkpoint())
    ELSE ('x' || pg_catalog.substr(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 1, 8))::bit(32)::int::text END AS history
FROM pg_catalog.pg_control_system() s`;

export async function readIdentity(connections: PostgresConnections): Promise<SourceIdentity> {
  try {
    const [row] = await connections.query<SourceIdentity & Record<string, string>>(IDENTITY);
    const { system, history, version } = row as SourceIdentity;
    return { system, history, version };
  } catch (error) {
    if (sqlStateOf(error) !== '42501') throw error;
    return identifyByReplication(connections);
  }
}

/**
 * On the session that is about to stream: another server may answer it than the one that was asked who it is, or the same one may
 * have been promoted meanwhile. And one that is in recovery may be promoted under the stream, which goes on (from PostgreSQL 16 on).
 * Retriable: who asks again hears of it.
 */
export async function refuseReplaced(client: SourceClient, told: SourceIdentity): Promise<void> {
  const { rows } = await client.query<{ waits: boolean }>('SELECT pg_catalog.pg_is_in_recovery() AS waits');
  const waits = rows[0]?.waits !== false;
  if (!waits && sameSource(await identityOn(client), told)) return;
  const why = waits ? 'the source is a standby now' : 'another server, or another history, answers than a moment ago';
  throw new MillraceError(CAPTURE_CODES.SOURCE_REPLACED, why, { retriable: true });
}

async function identityOn(client: SourceClient): Promise<SourceIdentity> {
  try {
    const { rows } = await client.query<SourceIdentity & Record<string, string>>(IDENTITY);
    return rows[0] as SourceIdentity;
  } catch (error) {
    if (sqlStateOf(error) !== '42501') throw error;
    return identifySystem(client);
  }
}

/** Where the control functions are not granted, a role that may stream can still ask so. */
async function identifyByReplication(connections: PostgresConnections): Promise<SourceIdentity> {
  const client = await connections.replicationClient();
  try {
    return await identifySystem(client);
  } catch (error) {
    throw connections.error(error, 'identifying the server', client);
  } finally {
    await client.close();
  }
}

async function identifySystem(client: SourceClient): Promise<SourceIdentity> {
  const { rows } = await client.query<{ systemid: string; timeline: number | string }>('IDENTIFY_SYSTEM');
  const {
    rows: [version],
  } = await client.query<{ server_version: string }>('SHOW server_version');
  const [row] = rows as [{ systemid: string; timeline: number | string }];
  return { system: row.systemid, history: String(row.timeline), version: version?.server_version ?? '' };
}
