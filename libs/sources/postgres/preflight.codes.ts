import { EXIT, errorCodes } from '#errors';

const blocked = { exit: EXIT.blocked };
const done = { exit: EXIT.done };

/** What `check` can find on a PostgreSQL source; the finding itself names the object and the statement. */
export const PREFLIGHT_CODES = errorCodes({
  OLD_MINOR_VERSION: {
    cause: 'The minor version lacks repairs of logical decoding.',
    remedy: 'Update to the latest minor version.',
    ...done,
  },
  SOURCE_IS_STANDBY: { cause: 'The server is a standby.', remedy: 'Name the primary in the source URI.', ...blocked },
  SOURCE_ENCODING: {
    cause: 'The encoding of the database does not say which characters its bytes mean.',
    remedy: 'Convert the database to UTF8.',
    ...blocked,
  },
  FEW_CONNECTIONS_LEFT: {
    cause: 'Server, role or database have few connections to spare.',
    remedy: 'Raise the limit.',
    ...done,
  },
  WAL_LEVEL: { cause: 'wal_level is not logical.', remedy: 'Set it, and restart the server.', ...blocked },
  NO_FREE_SLOT: {
    cause: 'All replication slots are taken.',
    remedy: 'Raise max_replication_slots, or drop a slot that nobody needs.',
    ...blocked,
  },
  NO_FREE_WAL_SENDER: { cause: 'All senders of the log are taken.', remedy: 'Raise max_wal_senders.', ...blocked },
  SLOT_RETENTION_UNLIMITED: {
    cause: 'Nothing bounds the log that the server keeps for a slot which nobody reads.',
    remedy: 'Set max_slot_wal_keep_size.',
    ...done,
  },
  SLOT_RETENTION_TIGHT: {
    cause: "The server invalidates the slot before the job's own bound is reached.",
    remedy: 'Raise max_slot_wal_keep_size, or lower source.maxRetainedBytes.',
    ...done,
  },
  SYNCHRONOUS_STANDBY: {
    cause: 'Commits wait for a standby, so changes are in the log before they are visible.',
    remedy: 'Nothing.',
    ...done,
  },
  IDLE_SLOT_TIMEOUT: {
    cause: 'The server invalidates slots that nobody has read for a while.',
    remedy: 'Set idle_replication_slot_timeout to 0, or never stop the job for so long.',
    ...done,
  },
  WAL_SENDER_TIMEOUT: {
    cause: 'The server notices a dead reader never, or a live one as dead.',
    remedy: 'Set wal_sender_timeout to its default, 60s.',
    ...done,
  },
  DECODING_MEMORY: {
    cause: 'Transactions of moderate size are written to disk before they are sent.',
    remedy: 'Set logical_decoding_work_mem to its default, 64MB, or more.',
    ...done,
  },
  NO_REPLICATION_RIGHT: { cause: 'The role may not read the log.', remedy: 'Give it REPLICATION.', ...blocked },
  CANNOT_PUBLISH: {
    cause: 'The role may not publish the tables.',
    remedy: 'Make it a member of their owner, and give it CREATE on the database.',
    ...blocked,
  },
  NO_SELECT: {
    cause: 'The role may not read a table.',
    remedy: 'Grant SELECT on it, and USAGE on its schema.',
    ...blocked,
  },
  ROW_SECURITY: {
    cause: 'Policies of row-level security would hide rows.',
    remedy: 'Give the role BYPASSRLS. This one cannot be forced: reading such a table fails.',
    ...blocked,
  },
  INHERITED_TABLE: {
    cause: 'Tables inherit from it in the old way, whose rows are not its own.',
    remedy: 'Map them on their own.',
    ...done,
  },
  UNLOGGED_TABLE: { cause: 'Changes of an unlogged table are in no log.', remedy: 'Make it logged.', ...blocked },
  FOREIGN_PARTITION: {
    cause: "Changes of a foreign partition are in another server's log.",
    remedy: 'Detach it.',
    ...blocked,
  },
  PARTITIONED_TABLE: {
    cause: 'Some operations on single partitions are not in the log.',
    remedy: 'Avoid them, or load again after them.',
    ...done,
  },
  REPLICA_IDENTITY: {
    cause: 'The log does not tell rows by the key.',
    remedy: 'Make the key the replica identity.',
    ...blocked,
  },
  OPEN_TRANSACTION: {
    cause: 'A transaction has been open for long, and the start waits for it.',
    remedy: 'End it.',
    ...done,
  },
  PREPARED_TRANSACTION: {
    cause: 'A prepared transaction has been waiting for long, and the start waits for it.',
    remedy: 'Commit it or roll it back.',
    ...done,
  },
  SLOT_EXISTS: {
    cause: "There is a replication slot of the job's name already.",
    remedy: 'Drop it, or name the job otherwise.',
    ...blocked,
  },
  SLOT_LEFT_OVER: {
    cause: 'There is a slot of another load of a job of this name.',
    remedy: 'Drop it where no job needs it.',
    ...done,
  },
  PUBLICATION_EXISTS: {
    cause: "There is a publication of the job's name already.",
    remedy: 'Drop it, or name the job otherwise.',
    ...blocked,
  },
});

/** And one that is an error of its own, too. */
export type PreflightCode = keyof typeof PREFLIGHT_CODES | 'SOURCE_VERSION';
