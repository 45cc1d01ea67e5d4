import { MillraceError } from '#errors';
import { type Finding, qualifiedName } from '#model';
import type { PreflightRequest } from '../source.js';
import type { PostgresConnections } from './connection.js';
import { findingOf } from './finding-of.js';
import { checkActivity } from './preflight/activity-checks.js';
import { checkNames, formerSlot } from './preflight/capture-checks.js';
import { checkRole } from './preflight/role-checks.js';
import { checkServer, type ServerRequest } from './preflight/server-checks.js';
import { numberOf, readServerFacts, type ServerFacts } from './preflight/server-facts.js';
import { type CheckedTable, checkFollowing, checkReading } from './preflight/table-checks.js';
import { readTableFacts, type TableUse } from './preflight/table-facts.js';

const SEVERITIES = ['blocker', 'warning', 'info'];

/**
 * Everything on the server that would stop or damage this job, the worst first. Read-only: it makes nothing and waits for
 * nothing. What the mapping alone decides (tables without a usable key, values that do not fit, generated columns) is
 * found where the plan is made. Rejects where the server cannot be asked: see `findingOf`.
 */
export async function runPreflight(connections: PostgresConnections, request: PreflightRequest): Promise<Finding[]> {
  const server = await readServerFacts(connections);
  const serverRequest: ServerRequest = {
    mode: request.mode,
    hasSlot: request.resuming,
    replacedSlots: request.names ? [request.names.slot, formerSlot(request.names.slot)] : [],
    maxRetainedBytes: request.maxRetainedBytes,
  };
  const findings = checkServer(server, serverRequest);
  if (findings.some(({ code }) => code === 'SOURCE_VERSION')) return findings;
  const tables = await checkedTables(connections, request);
  for (const table of tables) findings.push(...checkReading(table, server));
  if (request.mode === 'continuous') findings.push(...(await checkContinuous(connections, request, server, tables)));
  return findings.sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity));
}

async function checkContinuous(
  connections: PostgresConnections,
  request: PreflightRequest,
  server: ServerFacts,
  tables: readonly CheckedTable[],
): Promise<Finding[]> {
  const findings = checkRole(server, tables, request.resuming);
  for (const table of tables) findings.push(...checkFollowing(table));
  if (!request.resuming) {
    findings.push(...(await checkActivity(connections)));
    if (request.names) findings.push(...(await checkNames(connections, request.names)));
  }
  if (mayTryReplication(server)) findings.push(...(await checkReplicationSession(connections)));
  return findings;
}

/** Where rights or settings forbid it already, trying says nothing new. */
function mayTryReplication({ replication, inRecovery, walSenders, settings }: ServerFacts): boolean {
  return replication && !inRecovery && walSenders < numberOf(settings, 'max_wal_senders');
}

/** Rights and settings say that the log can be read; pg_hba.conf and poolers are asked by trying. */
async function checkReplicationSession(connections: PostgresConnections): Promise<Finding[]> {
  try {
    const client = await connections.replicationClient();
    try {
      await client.query('IDENTIFY_SYSTEM');
      return [];
    } catch (error) {
      throw connections.error(error, 'reading the log', client);
    } finally {
      await client.close();
    }
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error;
    return [findingOf(error)];
  }
}

async function checkedTables(
  connections: PostgresConnections,
  { plan, tables }: PreflightRequest,
): Promise<CheckedTable[]> {
  const uses = new Map<string, TableUse & { key: string[] }>();
  for (const table of plan?.tables ?? []) {
    const columns = table.columns.map((column) => column.name);
    uses.set(table.sourceId, {
      oid: table.sourceId,
      columns,
      whole: table.key.length === 0,
      key: table.key.map((index) => columns[index] as string),
    });
  }
  for (const table of tables ?? []) {
    if (uses.has(table.sourceId)) continue;
    const key = table.keys.find((candidate) => !candidate.deferrable)?.columns ?? [];
    uses.set(table.sourceId, {
      oid: table.sourceId,
      columns: table.columns.map((column) => column.name),
      whole: key.length === 0,
      key,
    });
  }
  if (uses.size === 0) return [];
  const facts = await readTableFacts(
    connections,
    [...uses.values()].map(({ oid, columns, whole }) => ({ oid, columns, whole })),
  );
  return facts.map((table) => ({ facts: table, object: qualifiedName(table), key: uses.get(table.oid)?.key ?? [] }));
}
