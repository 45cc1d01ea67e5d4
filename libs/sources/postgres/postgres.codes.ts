import { errorCodes, EXIT } from '#errors';

/** What can go wrong between Millrace and a PostgreSQL server. What the server refuses for good is `blocked`. */
export const POSTGRES_CODES = errorCodes({
  SOURCE_URI: {
    cause:
      'The source URI cannot be used: it is malformed, or has a parameter that Millrace does not know or cannot honour.',
    remedy:
      'Write it as postgresql://user:password@host:port/database?sslmode=verify-full, with reserved characters percent-encoded.',
    exit: EXIT.usage,
  },
  SOURCE_UNREACHABLE: {
    cause: 'No PostgreSQL server answers at this address, or it is starting, stopping or full.',
    remedy:
      'Check host, port and firewall, that the server runs, and that it has a connection to spare (max_connections).',
  },
  SOURCE_CONNECTION_LOST: {
    cause: 'An open connection to the source broke: network, restart, fail-over, or an administrator ended it.',
    remedy: 'Nothing, where it comes back: Millrace connects again. Otherwise look at the log of the server.',
  },
  SOURCE_AUTHENTICATION_FAILED: {
    cause:
      'The server refused the user: a wrong or missing password or certificate, or no line of pg_hba.conf that admits it.',
    remedy:
      'Correct user and password in the source URI, or admit the user from this address in pg_hba.conf (database and "replication" need no line of their own for logical replication).',
    exit: EXIT.blocked,
  },
  SOURCE_DATABASE_UNKNOWN: {
    cause: 'The server has no database of this name.',
    remedy: 'Correct the name at the end of the source URI.',
    exit: EXIT.blocked,
  },
  SOURCE_PERMISSION_DENIED: {
    cause: 'The role lacks a right that this step needs.',
    remedy: 'Run `millrace check FILE`: it names each missing right with the GRANT that gives it.',
    exit: EXIT.blocked,
  },
  SOURCE_TLS_REQUIRED: {
    cause: 'The URI asks for TLS and the server does not offer it, or the server admits only encrypted connections.',
    remedy: 'Switch TLS on at the server (ssl = on), or choose another sslmode in the source URI.',
    exit: EXIT.blocked,
  },
  SOURCE_TLS_FAILED: {
    cause:
      'The TLS handshake failed: the certificate of the server is not trusted, expired or for another name, or the one of the client was refused.',
    remedy:
      'Name the authority that signed it with sslrootcert=FILE, use the host name that the certificate is for, or choose sslmode=require to encrypt without checking.',
    exit: EXIT.blocked,
  },
  SOURCE_NOT_POSTGRES: {
    cause: 'Something answers at this address, but it does not speak the protocol of PostgreSQL.',
    remedy: 'Check host and port in the source URI.',
    exit: EXIT.blocked,
  },
  SOURCE_NOT_DIRECT: {
    cause:
      'The server refused the settings or the replication mode of the session, as connection poolers (PgBouncer and its like) do.',
    remedy: 'Connect to PostgreSQL itself rather than to the pooler in front of it.',
    exit: EXIT.blocked,
  },
  SOURCE_VERSION: {
    cause: 'The server is older than PostgreSQL 14.',
    remedy: 'Use a source of PostgreSQL 14 or newer.',
    exit: EXIT.blocked,
  },
  SOURCE_CONFIGURATION: {
    cause: 'The server is not configured for what this step needs (wal_level, slots, senders), or is a standby.',
    remedy: 'Run `millrace check FILE`: it names each setting and the statement that changes it.',
    exit: EXIT.blocked,
  },
  SOURCE_BUSY: {
    cause:
      'The server could not do it now: a lock, a slot in use, a serialization failure, or a lack of memory or disk.',
    remedy: 'Nothing, where it passes: Millrace tries again. Otherwise find what holds the lock or the slot.',
  },
  SOURCE_SCHEMA_CHANGED: {
    cause: 'A table or column that the job uses is no longer there, or is no longer what it was.',
    remedy: 'Correct the job file, then run it with --fresh.',
  },
  SOURCE_FAILED: {
    cause: 'The source refused a statement for a reason that trying again does not mend.',
    remedy: 'Look at the SQLSTATE in the error and at the log of the server.',
  },
});
