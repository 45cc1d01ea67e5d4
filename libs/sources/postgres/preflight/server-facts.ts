import type { PostgresConnections } from '../connection.js';

/** What the server says of itself and of the role, at one moment. */
export interface ServerFacts {
  versionNumber: number;
  version: string;
  inRecovery: boolean;
  encoding: string;
  database: string;
  databaseConnectionLimit: number;
  databaseConnections: number;
  role: string;
  superuser: boolean;
  /** May create slots and open replication connections. */
  replication: boolean;
  /** May create publications in this database. */
  mayCreate: boolean;
  roleConnectionLimit: number;
  roleConnections: number;
  connections: number;
  slots: number;
  /** Slots that nobody reads now. */
  idleSlots: string[];
  walSenders: number;
  settings: Settings;
}

export type Settings = Readonly<Record<string, { value: string; unit: string | null } | undefined>>;

const SETTINGS = [
  'wal_level',
  'max_replication_slots',
  'max_wal_senders',
  'max_connections',
  'superuser_reserved_connections',
  'reserved_connections',
  'max_slot_wal_keep_size',
  'synchronous_standby_names',
  'wal_sender_timeout',
  'idle_replication_slot_timeout',
  'logical_decoding_work_mem',
];

/** On Amazon's service a membership gives what the attribute REPLICATION gives elsewhere. */
const SERVER = `
SELECT current_setting('server_version_num')::int AS "versionNumber", current_setting('server_version') AS version,
  pg_is_in_recovery() AS "inRecovery", pg_encoding_to_char(d.encoding)::text AS encoding, d.datname::text AS database,
  d.datconnlimit AS "databaseConnectionLimit",
  (SELECT count(*)::int FROM pg_stat_activity a WHERE a.datid = d.oid) AS "databaseConnections",
  r.rolname::text AS role, r.rolsuper AS superuser,
  r.rolsuper OR r.rolreplication OR EXISTS (
    SELECT FROM pg_roles g WHERE g.rolname IN ('rds_replication', 'rds_superuser') AND pg_has_role(r.oid, g.oid, 'USAGE')
  ) AS replication,
  has_database_privilege(d.oid, 'CREATE') AS "mayCreate",
  r.rolconnlimit AS "roleConnectionLimit", (SELECT count(*)::int FROM pg_stat_activity a WHERE a.usesysid = r.oid) AS "roleConnections",
  (SELECT count(*)::int FROM pg_stat_activity a WHERE a.datid IS NOT NULL) AS connections,
  (SELECT count(*)::int FROM pg_replication_slots) AS slots,
  (SELECT coalesce(array_agg(s.slot_name::text ORDER BY s.slot_name), '{}') FROM pg_replication_slots s WHERE NOT s.active) AS "idleSlots",
  (SELECT count(*)::int FROM pg_stat_replication) AS "walSenders",
  (SELECT jsonb_object_agg(s.name, jsonb_build_object('value', s.setting, 'unit', s.unit)) FROM pg_settings s WHERE s.name = ANY ($1)) AS settings
FROM pg_database d CROSS JOIN pg_roles r WHERE d.datname = current_database() AND r.rolname = current_user`;

export async function readServerFacts(connections: PostgresConnections): Promise<ServerFacts> {
  const [facts] = await connections.query<ServerFacts & Record<string, unknown>>(SERVER, [SETTINGS]);
  return facts as ServerFacts;
}

/** A setting of the kind integer in its own unit; −1 where the server does not know it. */
export function numberOf(settings: Settings, name: string): number {
  return Number(settings[name]?.value ?? -1);
}

const MILLISECONDS: Record<string, number> = { ms: 1, s: 1_000, min: 60_000, h: 3_600_000, d: 86_400_000 };

export function millisecondsOf(settings: Settings, name: string): number {
  const value = numberOf(settings, name);
  return value <= 0 ? value : value * (MILLISECONDS[settings[name]?.unit ?? 'ms'] ?? 1);
}

const BYTES: Record<string, number> = { B: 1, kB: 1_024, MB: 1_048_576, GB: 1_073_741_824 };

export function bytesOf(settings: Settings, name: string): number {
  const value = numberOf(settings, name);
  return value <= 0 ? value : value * (BYTES[settings[name]?.unit ?? 'B'] ?? 1);
}
