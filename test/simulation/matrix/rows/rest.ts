import type { MatrixRow } from './row.js';

const SCHEMA = 'libs/sources/postgres/postgres-capture.schema.int.spec.ts';
const LOG_FAULTS = 'libs/log/kafka/kafka-log.faults.int.spec.ts';
const LARGE = 'test/integration/large-values.int.spec.ts';

/** Kinds of changes and values, and what surrounds the actors. */
export const OTHER_ROWS: readonly MatrixRow[] = [
  {
    name: 'F37',
    fault: 'a TRUNCATE, which may cascade, meets inserts of other partitions',
    where: 'log',
    expected: 'rows from before it are gone, later ones stay',
    simulated: ['F37'],
    tests: [
      [
        'test/regression/schedule-05-truncate.int.spec.ts',
        'rows that the load read before a TRUNCATE, and that arrive after it, are dropped',
      ],
      [
        'test/regression/schedule-05-truncate.int.spec.ts',
        'a TRUNCATE whose process died (%s, time %i) is whole when it is delivered again',
      ],
    ],
  },
  {
    name: 'F38',
    fault: 'the log leaves out a large column that did not change: the row is known, or not, or deleted next',
    where: 'stage',
    expected: 'kept, or read again, or gone; never null and never a placeholder',
    simulated: ['F38 known', 'F38 unknown', 'F38 gone before it was known'],
    tests: [
      [LARGE, 'stays what it was, through every kind of change of its row'],
      [LARGE, 'is read again where nobody knows it'],
      ['test/e2e/crash-stream.int.spec.ts', 'while it reads unchanged large columns again, at: %s'],
    ],
  },
  {
    name: 'F39',
    fault: 'the schema changes while changes are followed: columns come, go, or are renamed, a table is renamed',
    where: 'registry',
    expected: 'new columns are left out with a warning; all else is `attention`',
    simulated: [
      'F39 a column added',
      'F39 a column dropped',
      'F39 a column replaced',
      'F39 a column renamed',
      'F39 a table renamed',
      'F39 within a transaction',
    ],
    tests: [
      [SCHEMA, 'warns of a column that was added, once, and leaves it out'],
      [SCHEMA, 'stops where a column in use is %s, before any row of it'],
      [SCHEMA, 'stops where the table is renamed'],
      [SCHEMA, 'stops where a column in use is dropped and added again, though no log tells what its rows have now'],
    ],
  },
  {
    name: 'F41',
    fault:
      'a topic is made anew, loses records that nobody has read or that were acknowledged, or its offsets are gone or reset',
    where: 'log',
    expected: '`attention`',
    simulated: ['F41 made anew', 'F41 cut', 'F41 unclean', 'F41 expired', 'F41 reset'],
    tests: [
      [LOG_FAULTS, 'stops a reader whose unread records were deleted before it begins'],
      [LOG_FAULTS, 'stops a reader of a topic that was made anew, while it runs and when it begins'],
      [LOG_FAULTS, 'begins a group without an offset only where the log has its first record'],
    ],
  },
  {
    name: 'F43',
    fault: 'a row that nothing can be made of',
    where: 'anywhere',
    expected: 'staged all the same, its documents are dead letters, the others go on, nothing is lost',
    simulated: ['F43'],
    tests: [
      [
        'test/regression/schedule-02-bad-row-then-an-unchanged-column.int.spec.ts',
        'a row that could not be mapped keeps its large column for the change that mends it and does not have it',
      ],
      [
        'test/integration/fields.int.spec.ts',
        'that an expression cannot make are dead letters, and the document keeps its last good version',
      ],
      [LOG_FAULTS, 'stops at a message that is none of its own'],
    ],
  },
  {
    name: 'F44',
    fault: 'the log’s client falls silent, without an error',
    where: 'log',
    expected: 'it is replaced, and nothing takes effect twice',
    simulated: ['F44'],
    tests: [
      [
        LOG_FAULTS,
        'replaces a client that has been silent for too long, as often as it takes, and what was at work goes on',
      ],
    ],
  },
  {
    name: 'F45',
    fault: 'two captures at a time',
    where: 'capture',
    expected: 'both have the same positions, so there are only repeats',
    simulated: ['F45'],
    tests: [
      ['libs/sources/postgres/postgres-capture.faults.int.spec.ts', 'ends a former user of its slot that lingers'],
    ],
    open: 'MySQL and MariaDB, where no slot keeps a second one out: there is no such source yet',
  },
  {
    name: 'F46',
    fault: 'the topics have another number of partitions than the job, or records of another incarnation',
    where: 'log',
    expected: 'refused at the start',
    simulated: ['F46'],
    tests: [
      ['libs/log/testing/topics.ts', 'makes a topic again without error, but not with another number of partitions'],
      [LOG_FAULTS, 'stops at a message that is none of its own'],
    ],
    open: 'a record of another incarnation that can be read: topics have the incarnation in their names, records do not say of which they are',
  },
  {
    name: 'F47',
    fault: 'the mapping changes while documents of the former one are there',
    where: 'control',
    expected: 'refused until the job is loaded anew',
    simulated: ['F47 refused', 'F47 loaded anew'],
    tests: [
      [
        'test/e2e/robust-commands.int.spec.ts',
        'is refused with 4 until --fresh, which removes what it no longer makes',
      ],
      [
        'test/regression/schedule-22-late-writer-of-a-former-load.int.spec.ts',
        'owners of a former load, whose stage is still there, stage and write nothing once a load anew has begun',
      ],
    ],
  },
  {
    name: 'F48',
    fault: 'time jumps: a clock is set by minutes, timers fire late, a process stands still for a minute',
    where: 'process',
    expected: 'nothing that is right depends on the time of day',
    simulated: ['F48 a pause', 'F48 a clock put forward', 'F48 a clock put back'],
    tests: [
      ['libs/job/lease.int.spec.ts', 'a holder whose beat stands still is dead, and what it left open holds nobody up'],
    ],
  },
  {
    name: 'F49',
    fault: 'keys that are equal in other words',
    where: 'types',
    expected: 'one root where the source says so, and two where it does not',
    simulated: ['F49 one row', 'F49 two rows'],
    tests: [
      ['test/integration/keys.int.spec.ts', 'of type %s joins, sorts and is an _id, through load and changes'],
      ['test/integration/keys.int.spec.ts', 'that changes to an equal one of another representation is one row'],
    ],
    open: 'MySQL and MariaDB, whose collations make keys equal: there is no such source yet',
  },
  {
    name: 'F50',
    fault: 'every type’s largest, smallest and oddest values, by the load and by changes',
    where: 'types',
    expected: 'the same documents either way, byte for byte',
    simulated: ['F50 by the load', 'F50 by a change'],
    tests: [['test/integration/types.int.spec.ts', 'of type %s is the same by load, insert and update']],
  },
  {
    name: 'F51',
    fault: 'verify runs while documents change',
    where: 'verify',
    expected: 'it calls no right document wrong, and finds what is wrong',
    simulated: ['F51', 'F51 finds'],
    tests: [
      ['test/e2e/verify-under-traffic.int.spec.ts', 'calls no right document wrong (%i)'],
      ['test/e2e/verify-under-traffic.int.spec.ts', 'finds what is wrong, and nothing else'],
    ],
  },
  {
    name: 'F52',
    fault: 'all faults stop, and one replica is dead for good',
    where: 'liveness',
    expected: 'the others do its work, and all documents come to be right',
    simulated: ['F52'],
    tests: [
      ['test/e2e/services-faults.int.spec.ts', 'a replica of each service is killed in every phase (seed ${SEED})'],
    ],
  },
];
