import {
  abandoned,
  type Assumption,
  failOver,
  leftOpen,
  order,
  readsKit,
  storeFaults,
  storeKit,
  transactions,
  validators,
} from './assumption.js';

const TRANSACTION = 'store/server-transaction.ts';
const SERVER = 'store/sim-mongo.ts';
const MEMBER = 'store/member.ts';

export const OF_MONGODB: readonly Assumption[] = [
  {
    holds: 'A transaction reads one snapshot, taken at its first operation, and what it wrote itself.',
    reliesOnIt: TRANSACTION,
    tests: [storeKit('reads one snapshot, taken at its first operation, and its own writes')],
  },
  {
    holds: 'Reading locks nothing: two transactions may each write what the other has read. Hence the fence.',
    reliesOnIt: TRANSACTION,
    tests: [
      transactions('do not conflict where each writes what the other has only read'),
      storeKit('makes the transactions of one partition serial: no update is lost, and all complete'),
    ],
  },
  {
    holds: 'Whoever writes a document that another open transaction has written conflicts at once, and is over.',
    reliesOnIt: TRANSACTION,
    tests: [transactions('conflict at once where one writes what the other has written, and the later one is over')],
  },
  {
    holds: 'Whoever writes a document that was changed or removed after its snapshot conflicts.',
    reliesOnIt: TRANSACTION,
    tests: [
      transactions('conflict where a document was %s after the snapshot'),
      storeKit('runs its work again from the start where another transaction was faster'),
    ],
  },
  {
    holds: 'A write that leaves a document as it is writes nothing, and conflicts with nobody.',
    reliesOnIt: 'store/same.ts',
    tests: [
      transactions('do not conflict where a document %s and one leaves it as it is'),
      transactions('do not conflict where one removes what is not there'),
    ],
  },
  {
    holds:
      'To make a document that the snapshot has is a duplicate (E11000), also where it was removed since; it ends the transaction.',
    reliesOnIt: TRANSACTION,
    tests: [
      transactions('and that its snapshot has is a duplicate, which ends the transaction'),
      transactions('what the snapshot has of a document that was removed since counts: to make it is a duplicate'),
    ],
  },
  {
    holds:
      'To make one that another transaction made, open or committed since, is a conflict and no duplicate, by insert and upsert.',
    reliesOnIt: TRANSACTION,
    tests: [
      transactions(
        'and that another one made is a conflict and no duplicate, open or committed after the snapshot (%s)',
      ),
    ],
  },
  {
    holds: 'So it is with the values of a unique index.',
    reliesOnIt: TRANSACTION,
    tests: [
      transactions('that the snapshot has is a duplicate (%s)'),
      transactions('that another transaction takes is a conflict, open or committed after the snapshot'),
    ],
  },
  {
    holds: 'Where two make one collection with their first document, the later commit conflicts.',
    reliesOnIt: SERVER,
    tests: [
      transactions(
        'that a transaction makes is nobody else’s to see, and where another %s makes it, too, the later commit conflicts',
      ),
    ],
  },
  {
    holds: 'A collection that an open transaction uses is neither dropped nor given an index.',
    reliesOnIt: SERVER,
    tests: [transactions('that a transaction uses is not %s before its end')],
  },
  {
    holds:
      'A collection that was made after the snapshot conflicts with it; one that was dropped since may be empty in it.',
    reliesOnIt: TRANSACTION,
    tests: [
      transactions('that was %s after the snapshot cannot be read in it'),
      transactions('that was dropped after the snapshot may be empty in it'),
    ],
  },
  {
    holds: 'Whoever writes to a collection that was dropped after its snapshot makes it anew.',
    reliesOnIt: TRANSACTION,
    tests: [transactions('that was dropped after the snapshot is made anew by whoever writes to it')],
  },
  {
    holds: 'A database goes collection by collection.',
    reliesOnIt: 'store/sim-store.ts',
    tests: [transactions('goes collection by collection: some are there when others are gone')],
  },
  {
    holds: 'What no majority has is on the primary, is not acknowledged, and is seen by no read of the majority.',
    reliesOnIt: SERVER,
    tests: [failOver('is on the primary, is seen by no read of the majority, and is not acknowledged')],
  },
  {
    holds: 'A transaction may read it; then its commit waits until a majority has it, also where it wrote nothing.',
    reliesOnIt: SERVER,
    tests: [
      failOver(
        'may be read in a transaction, which then is not acknowledged before a majority has it, though it wrote nothing',
      ),
    ],
  },
  {
    holds:
      'A commit without an answer may be asked for again, and is answered alike, also by a new primary that has it.',
    reliesOnIt: TRANSACTION,
    tests: [
      storeFaults('asks again for a commit whose connection broke, and does not run the work again'),
      storeFaults('increments once where the answer to the commit is lost'),
      failOver('and that the new primary has is answered alike when it is asked for again'),
    ],
  },
  {
    holds: 'A fail-over rolls back what the new primary has not: the transaction is unknown there, and may run again.',
    reliesOnIt: SERVER,
    tests: [failOver('and that the new primary has not is no transaction there, and leaves nothing')],
  },
  {
    holds: 'A transaction that only read is known to the member alone that it read from.',
    reliesOnIt: TRANSACTION,
    tests: [failOver('of a transaction that only read is known to nobody else')],
  },
  {
    holds:
      'A primary that does not know that it was deposed answers reads of old and takes writes, and commits nothing.',
    reliesOnIt: MEMBER,
    tests: [failOver('answers reads of old, and takes writes, and commits nothing')],
  },
  {
    holds: 'It answers nobody who knows of a later time; who passes on its time is followed.',
    reliesOnIt: MEMBER,
    tests: [
      failOver('answers no read of whoever knows of a later time'),
      readsKit('sees what another process did before the time that it told'),
      readsKit('sees at once all that this store has written'),
    ],
  },
  {
    holds: 'What was acknowledged outlives the death of a server.',
    reliesOnIt: SERVER,
    tests: [storeFaults('completes every transaction, each once in effect, however often the server is killed')],
  },
  {
    holds: 'A transaction whose process died holds what it wrote until the server ends it, after a minute.',
    reliesOnIt: TRANSACTION,
    tests: [
      leftOpen(
        'a transaction whose connection broke holds what it wrote until the server ends it, when its time is over',
      ),
      leftOpen('the time of a transaction is a minute, where nobody has set another one'),
    ],
  },
  {
    holds: 'Others of its job can end it, and nobody else’s.',
    reliesOnIt: SERVER,
    tests: [
      abandoned(
        'a transaction that a killed process of the same name left open holds nobody up, and another name is left alone',
      ),
    ],
  },
  {
    holds:
      'Up to 16 MiB a document is taken; a larger one is refused by itself, and a transaction that is too large by a limit.',
    reliesOnIt: 'store/sim-transaction.ts',
    tests: [
      storeKit('tells a document that is too large'),
      storeKit('takes a document of nearly 16 MiB, and bulks larger than a command'),
      storeFaults('tells the caller to halve after the third abort by a limit'),
    ],
  },
  {
    holds: 'What a validator refuses can be foreseen by asking, without writing.',
    reliesOnIt: 'store/sim-store.ts',
    tests: [validators('what is foreseen of %s is what the collection refuses, whatever the documents hold')],
  },
  {
    holds: 'Values have the order that the simulated server gives them, and those are equal that it takes for equal.',
    reliesOnIt: 'store/order.ts',
    tests: [
      order('MongoDB has values in the order that the simulated one has, and takes the same ones for equal'),
      readsKit('pages a range over `_id`s of all types without a gap'),
    ],
  },
  {
    holds:
      'Types are kept apart, fields stay in their order, and new ones of a patch come in the order of their names.',
    reliesOnIt: 'store/patching.ts',
    tests: [
      readsKit('keeps BSON types apart where `exact` is asked for, and promotes them elsewhere'),
      readsKit('keeps the order of fields'),
      transactions('new fields of a document that is changed come in the order of their names, whatever the operators'),
    ],
  },
];
