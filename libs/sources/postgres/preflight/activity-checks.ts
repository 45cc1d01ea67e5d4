import type { Finding } from '#model';
import type { PostgresConnections } from '../connection.js';
import { warning } from './finding.js';
import { duration, literal } from './sql.js';

/** A new slot waits for every transaction that has written something and has not ended, in all databases. */
const LONG_MS = 60_000;
/** Of a session whose times the role may not see: so many transactions later it counts as old. */
const OLD_BY_TRANSACTIONS = 10_000;
const LISTED = 5;

const OPEN = `
SELECT pid, datname::text AS database, (extract(epoch FROM clock_timestamp() - xact_start) * 1000)::float8 AS age
FROM pg_stat_activity
WHERE backend_xid IS NOT NULL AND pid <> pg_backend_pid()
  AND CASE WHEN xact_start IS NULL THEN age(backend_xid) > $2 ELSE clock_timestamp() - xact_start > make_interval(secs => $1 / 1000.0) END
ORDER BY xact_start NULLS LAST LIMIT ${LISTED}`;

const PREPARED = `
SELECT gid, database::text AS database, (extract(epoch FROM clock_timestamp() - prepared) * 1000)::float8 AS age FROM pg_prepared_xacts
WHERE clock_timestamp() - prepared > make_interval(secs => $1 / 1000.0) ORDER BY prepared LIMIT ${LISTED}`;

export interface ActivityOptions {
  longMs?: number;
}

export async function checkActivity(
  connections: PostgresConnections,
  { longMs = LONG_MS }: ActivityOptions = {},
): Promise<Finding[]> {
  const [open, prepared] = await Promise.all([
    connections.query<{ pid: number; database: string | null; age: number | null }>(OPEN, [
      longMs,
      OLD_BY_TRANSACTIONS,
    ]),
    connections.query<{ gid: string; database: string; age: number }>(PREPARED, [longMs]),
  ]);
  return [...open.map(openTransaction), ...prepared.map(preparedTransaction)];
}

function openTransaction({
  pid,
  database,
  age,
}: {
  pid: number;
  database: string | null;
  age: number | null;
}): Finding {
  const since = age === null ? 'for a time that this role may not see' : `for ${duration(age)}`;
  return warning({
    code: 'OPEN_TRANSACTION',
    object: `session ${pid}`,
    message: `The session ${pid} of the database ${database ?? '?'} has had a transaction open ${since}: the job can start only when it has ended.`,
    fix: `Let it end, or end it: SELECT pg_terminate_backend(${pid});`,
  });
}

function preparedTransaction({ gid, database, age }: { gid: string; database: string; age: number }): Finding {
  return warning({
    code: 'PREPARED_TRANSACTION',
    object: gid,
    message: `The prepared transaction ${gid} of the database ${database} has been waiting for ${duration(age)}: the job can start only when it has ended.`,
    fix: `In the database ${database}: COMMIT PREPARED ${literal(gid)}; or ROLLBACK PREPARED ${literal(gid)};`,
  });
}
