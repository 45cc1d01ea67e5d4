import { EXIT, errorCodes } from '#errors';

export const MONGODB_ERRORS = errorCodes({
  TARGET_URI_INVALID: {
    cause: 'The target’s URI is not one that the MongoDB driver understands.',
    remedy:
      'Give a URI like mongodb://user:password@host:27017/?replicaSet=rs0 or mongodb+srv://…; percent-encode special characters of the password.',
    exit: EXIT.usage,
  },
  TARGET_UNREACHABLE: {
    cause: 'No primary of the target’s replica set could be reached in time.',
    remedy:
      'See that the hosts and ports in target.uri can be reached from here (network, firewall, DNS, IP access list), and that the replica set has a primary.',
  },
  TARGET_AUTHENTICATION_FAILED: {
    cause: 'The target refused the user or password.',
    remedy: 'Check user, password and authSource in target.uri.',
    exit: EXIT.blocked,
  },
  TARGET_PERMISSION_DENIED: {
    cause: 'The target’s user may not do what the job needs.',
    remedy: 'Grant it readWrite on the target database and dbOwner on the job’s state database millrace_<job>.',
    exit: EXIT.blocked,
  },
  TARGET_TLS_FAILED: {
    cause: 'The TLS handshake with the target failed.',
    remedy: 'Check tls, tlsCAFile and the host names in target.uri against the server’s certificate.',
    exit: EXIT.blocked,
  },
  TARGET_STANDALONE: {
    cause: 'The target is a standalone mongod, which has no transactions.',
    remedy: 'Start it with --replSet rs0 and run rs.initiate() once; a replica set of one member is enough.',
    exit: EXIT.blocked,
  },
  TARGET_VERSION: {
    cause: 'The target is older than MongoDB 6.0.',
    remedy: 'Use MongoDB 6.0 or newer.',
    exit: EXIT.blocked,
  },
  TARGET_REFUSED: {
    cause: 'The target refused a command for good, not because of one document.',
    remedy:
      'See the server’s error code in the message; after mending its cause run the job again, it goes on where it was.',
  },
  STORE_CLOSED: {
    cause: 'The connection to the target was closed by the job itself while something was still under way.',
    remedy: 'Nothing is lost: run the job again, it goes on where it was.',
  },
});
