import type { Finding } from '#model';
import { blocker, info, warning } from './finding.js';
import { bytesOf, millisecondsOf, numberOf, type ServerFacts } from './server-facts.js';
import { duration, name, setting, size } from './sql.js';

export interface ServerRequest {
  mode: 'snapshot' | 'continuous';
  /** The job's own slot is there already. */
  hasSlot: boolean;
  /** Slots that the job drops before it makes its own. */
  replacedSlots: readonly string[];
  maxRetainedBytes: number;
}

type ServerCheck = (server: ServerFacts, request: ServerRequest) => Finding | undefined;

/** Each in its own right: one finding, or none. */
const ALWAYS: readonly ServerCheck[] = [version, standby, encoding, connectionsLeft];
const CONTINUOUS: readonly ServerCheck[] = [
  minorVersion,
  walLevel,
  freeSlot,
  freeWalSender,
  unlimitedRetention,
  tightRetention,
  synchronousStandby,
  idleSlotTimeout,
  senderTimeout,
  decodingMemory,
];

export function checkServer(server: ServerFacts, request: ServerRequest): Finding[] {
  const checks = request.mode === 'continuous' ? [...ALWAYS, ...CONTINUOUS] : ALWAYS;
  return checks.flatMap((check) => check(server, request) ?? []);
}

function version({ versionNumber, version: release }: ServerFacts): Finding | undefined {
  if (versionNumber >= 140_000) return undefined;
  return blocker({
    code: 'SOURCE_VERSION',
    message: `The source is PostgreSQL ${release}; Millrace needs 14 or newer.`,
    fix: 'Upgrade the server to PostgreSQL 14 or newer.',
  });
}

/**
 * Minor releases of August 2024: slots made without a full snapshot could begin in the middle of a transaction ("Fix
 * possibility of logical decoding partial transaction changes", commit bb19b70081, July 2024). Millrace asks for a full
 * one, which that defect does not touch; but who runs older ones lacks the other repairs of logical decoding, too.
 */
const FIRST_GOOD_MINOR: Record<number, number> = { 14: 13, 15: 8, 16: 4 };

function minorVersion({ versionNumber, version: release }: ServerFacts): Finding | undefined {
  const major = Math.floor(versionNumber / 10_000);
  const wanted = FIRST_GOOD_MINOR[major];
  if (wanted === undefined || versionNumber % 10_000 >= wanted) return undefined;
  return warning({
    code: 'OLD_MINOR_VERSION',
    message: `PostgreSQL ${release} lacks repairs of logical decoding that ${major}.${wanted} has (among them: slots that began in the middle of a transaction).`,
    fix: `Update the server to the latest ${major}.x, at least ${major}.${wanted}; no dump or reload is needed.`,
  });
}

function standby({ inRecovery }: ServerFacts, { mode }: ServerRequest): Finding | undefined {
  if (!inRecovery) return undefined;
  if (mode === 'continuous') {
    return blocker({
      code: 'SOURCE_IS_STANDBY',
      message: 'The source is a standby: no publication can be made on it, and no marker be written into its log.',
      fix: 'Name the primary in the source URI.',
    });
  }
  return warning({
    code: 'SOURCE_IS_STANDBY',
    message:
      'The source is a standby: it ends long reads that conflict with what it replays, and a snapshot load is one long read.',
    fix: `Name the primary in the source URI, or on the standby: ${setting('max_standby_streaming_delay', '-1')}`,
  });
}

function encoding({ encoding: encodingName, database }: ServerFacts): Finding | undefined {
  if (encodingName !== 'SQL_ASCII' && encodingName !== 'MULE_INTERNAL') return undefined;
  return blocker({
    code: 'SOURCE_ENCODING',
    message: `The database ${database} has the encoding ${encodingName}: which characters its bytes mean is not known, so texts cannot be made into UTF-8.`,
    fix: "Dump the database, convert it, and restore it into one with the encoding UTF8: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0;",
  });
}

/** Two small pools, the readers of the load, the capture with its helpers. */
const SESSIONS_WANTED = 16;

function connectionsLeft(server: ServerFacts): Finding | undefined {
  const limits = connectionLimits(server).sort((a, b) => a.left - b.left);
  const [tightest] = limits;
  if (!tightest || tightest.left >= SESSIONS_WANTED) return undefined;
  const { of, left, fix } = tightest;
  return warning({
    code: 'FEW_CONNECTIONS_LEFT',
    message: `The limit of ${of} leaves ${Math.max(0, left)} connections; a load takes up to ${SESSIONS_WANTED}, and waits where it gets none.`,
    fix,
  });
}

/** Whose limit it is, how many connections it leaves, and how it is raised. */
function connectionLimits(server: ServerFacts): { of: string; left: number; fix: string }[] {
  const { settings, role, database, superuser } = server;
  const most = numberOf(settings, 'max_connections');
  const kept =
    Math.max(0, numberOf(settings, 'superuser_reserved_connections')) +
    Math.max(0, numberOf(settings, 'reserved_connections'));
  const limits = [
    {
      of: 'the server (max_connections)',
      left: most - (superuser ? 0 : kept) - server.connections,
      fix: setting('max_connections', String(most + SESSIONS_WANTED), true),
    },
  ];
  if (server.roleConnectionLimit >= 0) {
    limits.push({
      of: `the role ${role}`,
      left: server.roleConnectionLimit - server.roleConnections,
      fix: `ALTER ROLE ${name(role)} CONNECTION LIMIT -1;`,
    });
  }
  if (server.databaseConnectionLimit >= 0) {
    limits.push({
      of: `the database ${database}`,
      left: server.databaseConnectionLimit - server.databaseConnections,
      fix: `ALTER DATABASE ${name(database)} CONNECTION LIMIT -1;`,
    });
  }
  return limits;
}

function walLevel({ settings }: ServerFacts): Finding | undefined {
  const level = settings['wal_level']?.value;
  if (level === 'logical') return undefined;
  return blocker({
    code: 'WAL_LEVEL',
    message: `wal_level is ${level}: the log does not have what following changes needs.`,
    fix: setting('wal_level', 'logical', true),
  });
}

function freeSlot({ settings, slots, idleSlots }: ServerFacts, request: ServerRequest): Finding | undefined {
  const most = numberOf(settings, 'max_replication_slots');
  const dropped = idleSlots.filter((slot) => request.replacedSlots.includes(slot)).length;
  if (request.hasSlot || slots - dropped < most) return undefined;
  const idle =
    idleSlots.length > 0
      ? ` Nobody reads these now: ${idleSlots.join(', ')}; one that is not needed any more can be dropped: SELECT pg_drop_replication_slot('NAME');`
      : '';
  return blocker({
    code: 'NO_FREE_SLOT',
    message: `All ${most} replication slots (max_replication_slots) are taken; the job needs one.`,
    fix: `${setting('max_replication_slots', String(slots + 5), true)}.${idle}`,
  });
}

function freeWalSender({ settings, walSenders }: ServerFacts, { hasSlot }: ServerRequest): Finding | undefined {
  const most = numberOf(settings, 'max_wal_senders');
  if (walSenders < most || (hasSlot && most > 0)) return undefined;
  return blocker({
    code: 'NO_FREE_WAL_SENDER',
    message: `All ${most} senders of the log (max_wal_senders) are taken; the job needs one.`,
    fix: setting('max_wal_senders', String(walSenders + 5), true),
  });
}

function unlimitedRetention({ settings }: ServerFacts, { maxRetainedBytes }: ServerRequest): Finding | undefined {
  if (numberOf(settings, 'max_slot_wal_keep_size') >= 0) return undefined;
  return warning({
    code: 'SLOT_RETENTION_UNLIMITED',
    message: `max_slot_wal_keep_size is unlimited: while no run of the job reads its slot, the server keeps its log for it until the disk is full. (A running job drops the slot at source.maxRetainedBytes, ${size(maxRetainedBytes)}.)`,
    fix: setting('max_slot_wal_keep_size', `${Math.max(1, Math.ceil((maxRetainedBytes * 1.5) / 1_048_576))}MB`),
  });
}

function tightRetention({ settings }: ServerFacts, { maxRetainedBytes }: ServerRequest): Finding | undefined {
  const most = bytesOf(settings, 'max_slot_wal_keep_size');
  if (most < 0 || most >= maxRetainedBytes) return undefined;
  return warning({
    code: 'SLOT_RETENTION_TIGHT',
    message: `max_slot_wal_keep_size is ${size(most)}: the server invalidates the slot there, before the job's own bound (source.maxRetainedBytes, ${size(maxRetainedBytes)}); the job then has to load again.`,
    fix: setting('max_slot_wal_keep_size', `${Math.max(1, Math.ceil((maxRetainedBytes * 1.5) / 1_048_576))}MB`),
  });
}

function synchronousStandby({ settings }: ServerFacts): Finding | undefined {
  const names = settings['synchronous_standby_names']?.value ?? '';
  if (names === '') return undefined;
  return info({
    code: 'SYNCHRONOUS_STANDBY',
    message:
      'synchronous_standby_names is set: a change can be in the log before other sessions see it. Millrace waits for that where it matters; where no standby answers, it waits as long as the commits do.',
    fix: '',
  });
}

function idleSlotTimeout({ settings }: ServerFacts): Finding | undefined {
  const timeout = millisecondsOf(settings, 'idle_replication_slot_timeout');
  if (timeout <= 0) return undefined;
  return warning({
    code: 'IDLE_SLOT_TIMEOUT',
    message: `idle_replication_slot_timeout is ${duration(timeout)}: a job that is stopped for longer loses its slot and has to load again.`,
    fix: setting('idle_replication_slot_timeout', '0'),
  });
}

const SHORTEST_SENDER_TIMEOUT_MS = 10_000;

function senderTimeout({ settings }: ServerFacts): Finding | undefined {
  const timeout = millisecondsOf(settings, 'wal_sender_timeout');
  if (timeout === 0) {
    return warning({
      code: 'WAL_SENDER_TIMEOUT',
      message:
        'wal_sender_timeout is off: the server does not notice when a reader of the log has died, and keeps its slot taken.',
      fix: setting('wal_sender_timeout', '60s'),
    });
  }
  if (timeout >= SHORTEST_SENDER_TIMEOUT_MS || timeout < 0) return undefined;
  return warning({
    code: 'WAL_SENDER_TIMEOUT',
    message: `wal_sender_timeout is ${duration(timeout)}: a short pause of the reader ends its connection.`,
    fix: setting('wal_sender_timeout', '60s'),
  });
}

const DEFAULT_DECODING_MEMORY = 64 * 1_048_576;

function decodingMemory({ settings }: ServerFacts): Finding | undefined {
  const memory = bytesOf(settings, 'logical_decoding_work_mem');
  if (memory < 0 || memory >= DEFAULT_DECODING_MEMORY) return undefined;
  return info({
    code: 'DECODING_MEMORY',
    message: `logical_decoding_work_mem is ${size(memory)}: the server writes larger transactions to disk before it sends them, which is slow.`,
    fix: setting('logical_decoding_work_mem', '64MB'),
  });
}
