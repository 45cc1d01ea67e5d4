import type { MatrixRow } from './row.js';

const KAFKA_CRASH = 'test/e2e/crash-kafka.int.spec.ts';
const CRASH = 'test/e2e/crash-stream.int.spec.ts';
const FAN_OUT = 'test/e2e/crash-fan-out.int.spec.ts';
const TREE = 'test/integration/embedding.int.spec.ts';
const IS_RIGHT = 'is right when %s';

/** Crashes of actors, and rows that refer to one another. */
export const ACTOR_ROWS: readonly MatrixRow[] = [
  {
    name: 'F1',
    fault: 'a process dies with rows staged and their touches not yet in the log',
    where: 'transform',
    expected: 'who has the partition next touches again, also what the rows led to before',
    simulated: ['F1'],
    tests: [
      [CRASH, 'at: %s', 'rows committed'],
      [
        'test/regression/schedule-12-former-lost.int.spec.ts',
        'a child whose move was staged, and whose touches were lost with the process, leaves its former parent',
      ],
    ],
  },
  {
    name: 'F2',
    fault: 'a process dies with its touches in the log and its offset not committed',
    where: 'transform',
    expected: 'the roots are touched twice, and the documents are the same',
    simulated: ['F2'],
    tests: [[KAFKA_CRASH, 'at: %s', 'append touches change after#3']],
  },
  {
    name: 'F3',
    fault: 'a process dies with its documents written and its offset not committed',
    where: 'write',
    expected: 'they are assembled again, and are the same byte for byte',
    simulated: ['F3'],
    tests: [[KAFKA_CRASH, 'at: %s', 'touches committed']],
  },
  {
    name: 'F4',
    fault: 'a process dies in the midst of a bulk, some of its documents written',
    where: 'write',
    expected: 'nobody sees a part of it, and the next one writes them all',
    simulated: ['F4'],
    tests: [[CRASH, 'at: %s', 'touches: target remove after']],
  },
  {
    name: 'F5',
    fault: 'a process dies between two pages of a fan-out',
    where: 'fan-out',
    expected: 'another one goes on at the cursor; no root is left out, and repeats do no harm',
    simulated: ['F5'],
    tests: [[FAN_OUT, 'at: %s', 'tasks patch after']],
  },
  {
    name: 'F6',
    fault: 'records are handed over a second time',
    where: 'log',
    expected: 'nothing changes, and no document goes back',
    simulated: ['F6'],
    tests: [
      [
        'test/regression/schedule-12-former-lost.int.spec.ts',
        'redelivery of everything, any number of times, by any owner, changes nothing',
      ],
      [
        'libs/log/kafka/kafka-log.faults.int.spec.ts',
        'hands the partitions that a second member gets to it, and all records of a batch in flight again',
      ],
    ],
  },
  {
    name: 'F7',
    fault: 'a child comes before its parent, which the source had first',
    where: 'log',
    expected: 'there is no document before its root is there, and in the end it is whole',
    simulated: ['F7'],
    tests: [
      [TREE, IS_RIGHT, 'children come before their parents'],
      [
        'test/regression/rm12-order-across-tables.int.spec.ts',
        'every order of changes of three tables ends in what the source says',
      ],
    ],
  },
  {
    name: 'F8',
    fault: 'of a change of key the new half comes before the former one, in another partition',
    where: 'log',
    expected: 'positions decide: the former key is gone, the new one is there',
    simulated: ['F8'],
    tests: [
      [TREE, IS_RIGHT, 'the key of a middle node changes'],
      [
        'test/regression/schedule-20-key-change-within-one-partition.int.spec.ts',
        'a key change whose halves meet in one partition loses neither, delivered once or again',
      ],
    ],
  },
  {
    name: 'F9',
    fault: 'a delete is handed over again after its row was inserted anew',
    where: 'stage',
    expected: 'the newest wins, and `gone` lets nothing older come back',
    simulated: ['F9'],
    tests: [
      [TREE, IS_RIGHT, 'a row is deleted and inserted in one transaction'],
      [
        'test/regression/schedule-08-former-owner-after-a-delete.int.spec.ts',
        'a former owner that was paused (%s) with an insert brings back nothing that was deleted meanwhile',
      ],
    ],
  },
  {
    name: 'F15',
    fault: 'a row moves from A to B while another one is inserted beside it',
    where: 'resolve',
    expected: 'each is in one place alone',
    simulated: ['F15'],
    tests: [[TREE, IS_RIGHT, 'a row moves while others are inserted beside it, where it was and where it comes to be']],
  },
  {
    name: 'F16',
    fault: 'a row in the middle moves from A to B while rows below it change',
    where: 'resolve',
    expected: 'all that hangs on it is in B, and nothing of it in A',
    simulated: ['F16'],
    tests: [[TREE, IS_RIGHT, 'a middle node and what hangs on it change at once']],
  },
  {
    name: 'F17',
    fault: 'a row moves from A to B to C, and who staged the first move is gone by the second',
    where: 'stage',
    expected: 'it is in C alone, and A and B are written anew',
    simulated: ['F17'],
    tests: [
      [TREE, IS_RIGHT, 'a row moves twice in one transaction'],
      [
        'test/regression/schedule-12-former-lost.int.spec.ts',
        'two moves with a crash after each leave the child in the last place alone',
      ],
    ],
  },
  {
    name: 'F18',
    fault: 'a row refers to nothing, or to a row that comes later',
    where: 'resolve',
    expected: 'it hangs nowhere, and is in its place when that row appears',
    simulated: ['F18'],
    tests: [[TREE, IS_RIGHT, 'a parent is created after its children']],
  },
  {
    name: 'F19',
    fault: 'a row is deleted to which others refer, whether the source changes those or not',
    where: 'resolve',
    expected: 'what hangs on it goes with it, and late rows do not bring it back',
    simulated: ['F19'],
    tests: [[TREE, IS_RIGHT, 'a parent goes and its children stay']],
  },
  {
    name: 'F20',
    fault: 'a look-up row with many roots changes again while they are being touched',
    where: 'fan-out',
    expected: 'all of them have the newest, each touched twice at the most',
    simulated: ['F20'],
    tests: [
      [
        'libs/transform/fan-out.spec.ts',
        'a newer change at page 4 sends the sweep round, so that every page is touched after it',
      ],
      [FAN_OUT, 'and a newer change of the row meets the sweep of the older in its midst'],
    ],
  },
  {
    name: 'F21',
    fault: 'a row comes to a look-up row whose roots are being touched',
    where: 'fan-out',
    expected: 'its own change touches it',
    simulated: ['F21'],
    tests: [
      ['test/integration/fan-out.int.spec.ts', 'reaches them all when %s', 'it changes while its roots move away'],
    ],
  },
];
