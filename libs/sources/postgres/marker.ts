import type { PostgresConnections } from './connection.js';

/** The prefix that tells a job's logical messages from all others. */
export function markerPrefix(job: string): string {
  return `millrace_${job}`;
}

/**
 * A transactional message is a transaction of its own in the log, streamed after all that committed before it. It is
 * flushed with its commit whatever the role's `synchronous_commit` says.
 */
export async function writeMarker(connections: PostgresConnections, job: string, id: string): Promise<void> {
  await connections.execute(
    "SELECT set_config('synchronous_commit', 'local', true), pg_logical_emit_message(true, $1, $2)",
    [markerPrefix(job), id],
  );
}
