import type { Mutant } from './mutant.js';

const SCHEMA = 'libs/sources/postgres/postgres-capture.schema';
const CORRECTIONS = 'test/e2e/corrections';

/** Behind defects that seeds, and the making of the matrix's rows, have found. */
export const FOUND: readonly Mutant[] = [
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
    find: "if (letter) return unsettled({ kind: 'deadLetter'",
    replace: "if (letter && !edited) return unsettled({ kind: 'deadLetter'",
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
];
