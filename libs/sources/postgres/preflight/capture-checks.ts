import type { Finding } from '#model';
import type { CaptureNames } from '../../source.js';
import type { PostgresConnections } from '../connection.js';
import { blocker, info, warning } from './finding.js';
import { literal, name, size } from './sql.js';

interface SlotRow {
  slot: string;
  ours: boolean;
  active: boolean;
  pid: number | null;
  plugin: string | null;
  database: string | null;
  retained: number;
}

const SLOTS = `
SELECT s.slot_name::text AS slot, s.slot_name = $1 AS ours, s.active, s.active_pid AS pid, s.plugin::text AS plugin, s.database::text AS database,
  greatest(0, coalesce(CASE WHEN pg_is_in_recovery() THEN 0 ELSE pg_wal_lsn_diff(pg_current_wal_lsn(), s.restart_lsn) END, 0))::float8 AS retained
FROM pg_replication_slots s WHERE s.slot_name = $1 OR s.slot_name ~ $2 ORDER BY s.slot_name`;

interface PublicationRow {
  owner: string;
  owns: boolean;
}

const PUBLICATION = `
SELECT pg_get_userbyid(p.pubowner)::text AS owner, pg_has_role(p.pubowner, 'USAGE') AS owns FROM pg_publication p WHERE p.pubname = $1`;

/** The slot of the load before: the job drops it when it begins this one. */
export function formerSlot(slot: string): string {
  return slot.replace(/\d+$/, (number) => String(Number(number) - 1));
}

/** What stands under the names of a job that has not begun: left by a former one, or another's. */
export async function checkNames(connections: PostgresConnections, names: CaptureNames): Promise<Finding[]> {
  const siblings = `^${names.slot.replace(/_\d+$/, '')}_[0-9]+$`;
  const [slots, publications] = await Promise.all([
    connections.query<SlotRow & Record<string, unknown>>(SLOTS, [names.slot, siblings]),
    connections.query<PublicationRow & Record<string, unknown>>(PUBLICATION, [names.publication]),
  ]);
  return [
    ...slots
      .filter(({ slot }) => slot !== formerSlot(names.slot))
      .map((slot) => (slot.ours ? sameName(slot, connections.database) : sibling(slot))),
    ...publications.map((publication) => publicationExists(names.publication, publication)),
  ];
}

function sameName(row: SlotRow, database: string): Finding {
  const drop = `SELECT pg_drop_replication_slot(${literal(row.slot)});`;
  if (row.plugin !== 'pgoutput' || row.database !== database) {
    return blocker({
      code: 'SLOT_EXISTS',
      object: row.slot,
      message: `There is a replication slot of this name that is none of Millrace's for this database (plugin ${row.plugin ?? 'none'}, database ${row.database ?? 'none'}).`,
      fix: `Name the job otherwise, or in that database: ${drop}`,
    });
  }
  if (row.active) {
    return blocker({
      code: 'SLOT_EXISTS',
      object: row.slot,
      message: `Another session (${row.pid ?? '?'}) reads from the replication slot of this name: a job of the same name runs against another target.`,
      fix: `Name one of the two jobs otherwise; or stop the other, then: ${drop}`,
    });
  }
  return warning({
    code: 'SLOT_EXISTS',
    object: row.slot,
    message: 'There is a replication slot of this name, of a former try; the job drops it and makes its own.',
    fix: `Nothing, where no other job of this name needs it; otherwise name this job otherwise.`,
  });
}

function sibling(row: SlotRow): Finding {
  return info({
    code: 'SLOT_LEFT_OVER',
    object: row.slot,
    message: `There is a replication slot of another load of a job of this name${row.active ? ', in use' : ''}; it keeps ${size(row.retained)} of log.`,
    fix: row.active ? '' : `Where no job needs it: SELECT pg_drop_replication_slot(${literal(row.slot)});`,
  });
}

function publicationExists(publication: string, { owner, owns }: PublicationRow): Finding {
  const drop = `DROP PUBLICATION ${name(publication)};`;
  if (!owns) {
    return blocker({
      code: 'PUBLICATION_EXISTS',
      object: publication,
      message: `There is a publication of this name that belongs to ${owner}, so the job cannot replace it.`,
      fix: `Name the job otherwise, or as ${owner}: ${drop}`,
    });
  }
  return warning({
    code: 'PUBLICATION_EXISTS',
    object: publication,
    message: 'There is a publication of this name, of a former try; the job drops it and makes its own.',
    fix: 'Nothing, where no other job of this name needs it; otherwise name this job otherwise.',
  });
}
