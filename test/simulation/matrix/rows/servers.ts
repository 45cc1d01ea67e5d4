import type { MatrixRow } from './row.js';

const START = 'libs/sources/postgres/postgres-capture.start.int.spec.ts';
const HISTORY = 'libs/sources/postgres/postgres-history.int.spec.ts';
const SIM_SOURCE = 'test/simulation/source/sim-source.spec.ts';
const SIM_SOURCE_FAULTS = 'test/simulation/source/sim-source.faults.spec.ts';
const FORMER_OWNERS = 'replicas that were stopped for longer than their sessions go on as former owners (seed ${SEED})';
const SERVICE_FAULTS = 'test/e2e/services-faults.int.spec.ts';
const FAIL_OVER = 'test/simulation/store/sim-store.fail-over.spec.ts';
const REAL_FAIL_OVER = [
  'test/e2e/robust-failover.int.spec.ts',
  'a job goes on by itself when the primary of its target dies and another takes its place, again and again',
] as const;

/** What PostgreSQL, the log and MongoDB do by themselves. */
export const SERVER_ROWS: readonly MatrixRow[] = [
  {
    name: 'F10',
    fault: 'a row of the load comes after a newer change of it, or after its delete',
    where: 'load',
    expected: 'it is dropped; only columns that were missing are filled',
    simulated: ['F10 after an update', 'F10 after a delete'],
    tests: [
      ['libs/stage/merge.spec.ts', 'loses against whatever was captured, also against a delete'],
      ['libs/stage/merge.spec.ts', 'fills exactly the columns that a captured change left out'],
    ],
  },
  {
    name: 'F11',
    fault: 'a chunk is read while a transaction is in the log and not yet visible',
    where: 'PostgreSQL',
    expected: 'what was read has the lowest position, so the newest wins',
    simulated: ['F11'],
    tests: [
      [SIM_SOURCE, 'what is written and not yet visible is streamed, and missed by every read until it is'],
      ['libs/sources/testing/source-conformance.ts', 'load and capture together make the table, while it is written'],
    ],
  },
  {
    name: 'F12',
    fault: 'a slot’s snapshot counts a transaction as committed that cannot be seen yet',
    where: 'PostgreSQL',
    expected: 'nothing is read before it can be seen, so no row is lost',
    simulated: ['F12'],
    tests: [
      [START, 'waits for what is committed in the log and not visible yet (%s)'],
      [SIM_SOURCE, 'without that wait a row would be neither read nor streamed'],
    ],
  },
  {
    name: 'F13',
    fault: 'a synchronous standby keeps commits invisible for minutes while a job loads',
    where: 'PostgreSQL',
    expected: 'the load waits or goes on rightly, and nothing is lost',
    simulated: ['F13'],
    tests: [[START, 'waits for what is committed in the log and not visible yet (%s)']],
  },
  {
    name: 'F14',
    fault: 'an asynchronous commit can be seen before a stream can have it',
    where: 'PostgreSQL',
    expected: 'a marker in the log brings both in their order; no document says more than it should',
    simulated: ['F14'],
    tests: [
      [
        SIM_SOURCE,
        'an asynchronous commit is visible before a stream can have it, and a marker brings both in their order',
      ],
    ],
  },
  {
    name: 'F22',
    fault: 'a partition moves to another process while its documents are written, and the former owner ends late',
    where: 'log, MongoDB',
    expected: 'it conflicts, or writes the same once more',
    simulated: ['F22'],
    tests: [
      [SERVICE_FAULTS, 'services get more replicas and fewer while they load and stream (seed ${SEED})'],
      [
        'test/e2e/workers-kafka.int.spec.ts',
        'random changes, of seed ${SEED}, through two owners of rows and two of documents that come and go',
      ],
    ],
  },
  {
    name: 'F23',
    fault: 'a process stands still for longer than its session, and goes on',
    where: 'former owner',
    expected: 'it conflicts, or does the same once more; no offset goes back',
    simulated: ['F23'],
    tests: [
      [SERVICE_FAULTS, FORMER_OWNERS],
      [
        'test/e2e/robust-kafka-former-owner.int.spec.ts',
        'a former owner that goes on takes no offset back, and gets nothing again but what had reached it while it stood still',
      ],
    ],
  },
  {
    name: 'F24',
    fault: 'a writer stands still with a document in its transaction that another one deletes meanwhile',
    where: 'MongoDB',
    expected: 'its transaction cannot commit, and the document stays absent',
    simulated: ['F24'],
    tests: [
      [
        'test/regression/schedule-08-former-owner-after-a-delete.int.spec.ts',
        'a former owner that was paused (%s) with an insert brings back nothing that was deleted meanwhile',
      ],
    ],
  },
  {
    name: 'F25',
    fault: 'a primary that was deposed answers a read of the stage with what is old',
    where: 'MongoDB',
    expected: 'the transaction cannot commit, and reads again on the new primary',
    simulated: ['F25'],
    tests: [[FAIL_OVER, 'lets nobody commit on a primary that does not know that it was deposed'], REAL_FAIL_OVER],
  },
  {
    name: 'F26',
    fault: 'a fail-over takes back what no majority had',
    where: 'MongoDB',
    expected: 'it is done again; nothing is touched before its rows are staged for good',
    simulated: ['F26'],
    tests: [[FAIL_OVER, 'rolls back what was not acknowledged'], REAL_FAIL_OVER],
  },
  {
    name: 'F27',
    fault: 'a commit is done and its answer is lost, twice in a row',
    where: 'MongoDB',
    expected: 'it is asked for once more, and takes effect once',
    simulated: ['F27'],
    tests: [
      ['libs/store/mongodb/mongo-store.faults.int.spec.ts', 'increments once where the answer to the commit is lost'],
      [FAIL_OVER, 'is asked for again, and the work is not run again (%s)'],
    ],
  },
  {
    name: 'F28',
    fault: 'one transaction meets conflicts again and again',
    where: 'MongoDB',
    expected: 'pauses grow, and it gets its turn',
    simulated: ['F28'],
    tests: [
      [
        'test/simulation/store/sim-store.spec.ts',
        'are serial on a fence and lose nothing, under faults and fail-overs (seed %i)',
      ],
    ],
  },
  {
    name: 'F29',
    fault: 'a chunk of a sharded target moves while documents are written',
    where: 'MongoDB',
    expected: 'no document is left out',
    open: 'a sharded target: the servers of the tests and of the simulation are replica sets',
  },
  {
    name: 'F30',
    fault: 'a document that MongoDB cannot take (too large, too deep, refused by a rule) can be written later',
    where: 'MongoDB',
    expected: 'a dead letter, its last good version stays, and the letter goes when it fits',
    simulated: ['F30'],
    tests: [
      [
        'test/integration/large-values.int.spec.ts',
        'a document that is too large for MongoDB is a dead letter until rows leave it',
      ],
      ['libs/write/refusals.int.spec.ts', 'documents that have letters are tried apart: no other one is tried twice'],
    ],
  },
  {
    name: 'F31',
    fault:
      'the slot is invalidated (by its size, by the horizon, idle for too long) while a job loads or follows changes',
    where: 'PostgreSQL',
    expected: '`attention`, and never a silent gap',
    simulated: ['F31 size', 'F31 horizon', 'F31 idle'],
    tests: [
      ['libs/sources/postgres/postgres-capture.faults.int.spec.ts', 'says for good that the slot was invalidated'],
      [
        'test/e2e/robust-commands.int.spec.ts',
        'comes when the slot goes, stays, and is healed by --fresh with what was deleted meanwhile',
      ],
    ],
  },
  {
    name: 'F32',
    fault: 'the source fails over, with its slots or without, to one that lacks what was captured',
    where: 'PostgreSQL',
    expected: '`attention`; the next load removes what the new primary does not have',
    simulated: ['F32'],
    tests: [
      [SIM_SOURCE_FAULTS, 'after a fail-over the server is another one, lacks what it never received, and has no slot'],
      [
        'test/regression/schedule-03-load-again.int.spec.ts',
        'where changes are lost the job stops, and a load anew keeps nothing of the former incarnation',
      ],
    ],
  },
  {
    name: 'F33',
    fault: 'the source is another system with the same positions: restored, or on another timeline',
    where: 'PostgreSQL',
    expected: 'it is known by its identifier and history: `attention`',
    simulated: ['F33'],
    tests: [
      [
        HISTORY,
        'a server that is restored and promoted has other changes at the same positions, and is known by its history',
      ],
      [HISTORY, 'a server that was made anew has the positions of the former one, and is another system'],
      [
        'test/e2e/robust-restored-source.int.spec.ts',
        'a source that is restored from a backup under a running job needs a person, and what it has lost goes with --fresh',
      ],
    ],
  },
  {
    name: 'F34',
    fault: 'a gap in the GTIDs, errant ones, a purged log, another `server_uuid`, a RESET',
    where: 'MySQL',
    expected: 'the comparison of sets tells: `attention`',
    open: 'MySQL and MariaDB: there is no such source yet',
  },
  {
    name: 'F35',
    fault: 'several changes stand at one place in the log, or one begins where the commit before it ends',
    where: 'PostgreSQL',
    expected: 'none is passed over, and none counts twice',
    simulated: ['F35 at one place', 'F35 begins where a commit ends'],
    tests: [
      [
        'libs/sources/postgres/pgoutput-decoder.spec.ts',
        'makes changes with positions of commit and ordinal, and a commit to confirm',
      ],
      [
        'libs/sources/postgres/postgres-capture.int.spec.ts',
        'truncates all tables that one statement names, and those that cascade',
      ],
    ],
  },
  {
    name: 'F36',
    fault: 'a large transaction is cut off in its midst',
    where: 'PostgreSQL, log',
    expected: 'it comes again from its beginning, at the same positions',
    simulated: ['F36'],
    tests: [
      [
        SIM_SOURCE,
        'a long transaction is handed over in parts, and again at the same positions where nobody confirmed it',
      ],
      [
        'libs/sources/postgres/postgres-capture.int.spec.ts',
        'streams a transaction of very many rows in bounded batches with rising positions',
      ],
    ],
  },
];
