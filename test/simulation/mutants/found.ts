import type { Mutant } from './mutant.js';

const SCHEMA = 'libs/sources/postgres/postgres-capture.schema';
const CORRECTIONS = 'test/e2e/corrections';

/** Behind defects that seeds, and the making of the matrix's rows, have found. */
export const FOUND: readonly Mutant[] = [
  {
    name: 'a-repeat-does-not-wait-for-what-it-skips',
    takesAway:
      'a batch that is delivered again is done when the touches of its first delivery, which it leaves out, are',
    file: 'libs/transform/former-tracker.ts',
    find: 'Promise.all([work, this.underway])',
    replace: 'Promise.all([work])',
    tests: ['libs/transform/row-actor'],
  },
  {
    name: 'a-correction-shows-in-one-document',
    takesAway: 'a replay touches all that a corrected row leads to',
    file: 'libs/transform/row-batch.ts',
    find: '(this.resolve[record.table] as Set<string>).add(record.key);\n        return;',
    replace: 'return;',
    tests: [CORRECTIONS],
  },
  {
    name: 'a-correction-shows-at-once',
    takesAway: 'a correction alone touches nothing',
    file: 'libs/transform/row-batch.ts',
    find: 'const row = { ...present, edit:',
    replace: '(this.resolve[table] as Set<string>).add(key);\n    const row = { ...present, edit:',
    tests: [CORRECTIONS],
  },
  {
    name: 'a-corrected-letter-counts-as-edited',
    takesAway: 'a document that waits is a dead letter for verify, whatever was corrected of it',
    file: 'libs/verify/opinion.ts',
    find: "edited && !letter ? 'edited'",
    replace: "edited ? 'edited'",
    tests: ['libs/verify/standing'],
  },
  {
    name: 'a-replaced-column-passes-with-its-rows',
    takesAway: 'the numbers of columns are looked at when the log describes their table',
    file: 'libs/sources/postgres/schema-guard.ts',
    find: 'if (replaced) return',
    replace: 'if (replaced && table.index < 0) return',
    tests: [SCHEMA],
  },
  {
    name: 'a-replaced-column-passes-in-silence',
    takesAway: 'the numbers of columns are looked at from time to time',
    file: 'libs/sources/postgres/capture.ts',
    find: '(await replacedColumn(connections, plan.tables))',
    replace: 'undefined',
    tests: [SCHEMA],
  },
  {
    name: 'a-column-replaced-meanwhile-is-taken',
    takesAway: 'the numbers of columns are compared with those of the load before anything goes on',
    file: 'libs/job/attention.ts',
    find: 'if (former !== undefined && former !== column.number)',
    replace: 'if (former !== undefined && column.number === undefined)',
    tests: ['test/e2e/replaced-column'],
  },
  {
    name: 'a-table-made-anew-meanwhile-is-taken',
    takesAway: 'the identities of tables are compared with those of the load before anything goes on',
    file: 'libs/job/attention.ts',
    find: 'if (before.sourceId !== table.sourceId) throw',
    replace: "if (before.sourceId === '') throw",
    tests: ['test/e2e/replaced-column'],
  },
  {
    name: 'a-correction-without-effect-is-one',
    takesAway: 'a correction of a row that has changed meanwhile is refused',
    file: 'libs/job/operations.ts',
    find: 'if (corrected?.at !== row.at)',
    replace: 'if (corrected === undefined)',
    tests: [CORRECTIONS],
  },
  {
    name: 'who-failed-before-fails-in-silence',
    takesAway: 'a document that fails once more counts as one that fails',
    file: 'libs/job/elsewhere.ts',
    find: 'failed.push(`${letter._id} ${letter.firstAt.getTime()}`)',
    replace: 'failed.push(letter._id)',
    tests: ['libs/job/elsewhere'],
  },
  {
    name: 'some-errors-stop-nobody',
    takesAway: '`stopAfterErrors`',
    file: 'libs/job/session.ts',
    find: '(stopAfterErrors ?? Number.POSITIVE_INFINITY)',
    replace: 'Number.POSITIVE_INFINITY',
    tests: ['test/e2e/contract-on-error'],
  },
  {
    name: 'some-errors-stop-at-once',
    takesAway: '`stopAfterErrors` is a number',
    file: 'libs/job/session.ts',
    find: '(stopAfterErrors ?? Number.POSITIVE_INFINITY)',
    replace: '(stopAfterErrors === undefined ? Number.POSITIVE_INFINITY : 1)',
  },
  {
    name: 'errors-stop-nobody',
    takesAway: '`onError: stop`',
    file: 'libs/job/session.ts',
    find: "return onError === 'stop' ? 1 :",
    replace: 'return onError === undefined ? 1 :',
    also: [
      {
        file: 'libs/job/runner.ts',
        find: "const strict = this.deps.jobFile.onError === 'stop';",
        replace: 'const strict = false;',
      },
    ],
  },
  {
    name: 'a-store-leaves-transactions-open',
    takesAway: 'a store that closes waits for transactions that are under way',
    file: 'libs/store/mongodb/mongo-store.ts',
    find: 'await Promise.race([this.#transactor.ended(), ',
    replace: 'await Promise.race([Promise.resolve(), ',
    tests: ['libs/store/mongodb/mongo-store.faults'],
  },
  {
    name: 'a-slot-is-given-up-early',
    takesAway: 'the bound of what the source keeps is the one that was asked for',
    file: 'libs/job/capture-guard.ts',
    find: 'health.retainedBytes <= options.maxRetainedBytes)',
    replace: 'health.retainedBytes <= options.maxRetainedBytes / 1e7)',
  },
  {
    name: 'a-refused-document-is-deleted',
    takesAway: 'a document that cannot be written stays as it was',
    file: 'libs/write/document-actor.ts',
    find: "if (outcome.kind === 'write') writes.push(outcome);",
    replace: `if (outcome.kind === 'write') writes.push(outcome);
    if (outcome.kind === 'refused') deletes.push(assembler.idOfKey(collection.index, outcome.root));`,
  },
  {
    name: 'a-job-stops-without-an-error',
    takesAway: 'a job stops at documents that could not be written, and at nothing else',
    file: 'libs/job/session.ts',
    find: 'let open = false;',
    replace: 'let open = false;\n      if (this.names !== undefined) throw stoppedByError(1);',
  },
  {
    name: 'the-election-topic-stays',
    takesAway: 'the topic of the election goes with the job',
    file: 'libs/job/removal.ts',
    find: '{ electionToo: true }',
    replace: '{ electionToo: false }',
  },
  {
    name: 'a-refused-document-is-half-written',
    takesAway: 'a document that cannot be made keeps its last good version',
    file: 'libs/write/document-actor.ts',
    find: "if (outcome.kind === 'write') writes.push(outcome);",
    replace: `if (outcome.kind === 'write') writes.push(outcome);
    if (outcome.kind === 'refused') {
      const half = assembler.idOfKey(collection.index, outcome.root);
      writes.push({ root: outcome.root, id: half, document: { _id: half } } as never);
    }`,
  },
  {
    name: 'a-load-anew-keeps-the-old-columns',
    takesAway: 'a load anew looks at the columns that there are',
    file: 'libs/job/beginning.ts',
    find: 'options.fresh ? undefined : record',
    replace: 'record',
  },
  {
    name: 'unread-records-may-be-gone',
    takesAway: 'what is committed is compared with what the log has: records that nobody read are gone',
    file: 'libs/log/kafka/start-offsets.ts',
    find: 'if (committed.offset < log.low) return',
    replace: 'if (committed.offset < log.low && log.high < 0) return',
    tests: ['libs/log/kafka/start-offsets'],
  },
  {
    name: 'a-topic-may-be-made-anew',
    takesAway: 'what is committed is compared with what the log has: it is another log',
    file: 'libs/log/kafka/start-offsets.ts',
    find: 'if (completedBelow(committed) > log.high) {',
    replace: 'if (completedBelow(committed) > log.high && log.high < 0) {',
    tests: ['libs/log/kafka/start-offsets'],
  },
  {
    name: 'offsets-may-be-reset',
    takesAway: 'an offset that is not the engine’s own is known by what stands beside it',
    file: 'libs/log/kafka/start-offsets.ts',
    find: 'if (committed.offset < 0 || !isOurs(committed.metadata)) return',
    replace: 'if (committed.offset < 0) return',
    tests: ['libs/log/kafka/start-offsets'],
  },
];
