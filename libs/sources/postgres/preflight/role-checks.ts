import type { Finding } from '#model';
import { blocker } from './finding.js';
import type { ServerFacts } from './server-facts.js';
import { name } from './sql.js';
import type { CheckedTable } from './table-checks.js';

/** What the role must be able to do to follow changes, beyond reading. */
export function checkRole(server: ServerFacts, tables: readonly CheckedTable[], hasPublication: boolean): Finding[] {
  const findings = [replicationRight(server)];
  if (!hasPublication) findings.push(createRight(server), ...tables.map((table) => ownership(server, table)));
  return findings.flatMap((finding) => finding ?? []);
}

function replicationRight({ replication, role }: ServerFacts): Finding | undefined {
  if (replication) return undefined;
  return blocker({
    code: 'NO_REPLICATION_RIGHT',
    message: `The role ${role} may not read the log.`,
    fix: `ALTER ROLE ${name(role)} REPLICATION; (on Amazon RDS: GRANT rds_replication TO ${name(role)};)`,
  });
}

function createRight({ mayCreate, role, database }: ServerFacts): Finding | undefined {
  if (mayCreate) return undefined;
  return blocker({
    code: 'CANNOT_PUBLISH',
    message: `The role ${role} may not create a publication in the database ${database}.`,
    fix: `GRANT CREATE ON DATABASE ${name(database)} TO ${name(role)};`,
  });
}

/** PostgreSQL lets only owners publish a table. */
function ownership({ superuser, role }: ServerFacts, { facts, object }: CheckedTable): Finding | undefined {
  if (superuser || facts.owns) return undefined;
  return blocker({
    code: 'CANNOT_PUBLISH',
    object,
    message: `Only its owner, ${facts.owner}, may publish this table, and the role ${role} is not a member of it.`,
    fix: `GRANT ${name(facts.owner)} TO ${name(role)};`,
  });
}
