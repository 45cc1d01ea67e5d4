import { EXIT, errorCodes } from '#errors';

const exit = EXIT.usage;

/** What can be wrong with a job file: every one is a `Problem` with file, line, column and path. */
export const jobFileCodes = errorCodes({
  JOB_FILE_SYNTAX: { cause: 'The file is not YAML or JSON.', remedy: 'Mend the line that the message names.', exit },
  JOB_FILE_DUPLICATE_KEY: { cause: 'A key stands twice in one map.', remedy: 'Remove or rename one of the two.', exit },
  JOB_FILE_UNKNOWN_KEY: {
    cause: 'The job file has a key that the grammar does not know.',
    remedy: 'Correct its spelling or remove it; `millrace schema` prints the grammar.',
    exit,
  },
  JOB_FILE_MISSING_KEY: { cause: 'A key that the job file must have is not there.', remedy: 'Add it.', exit },
  JOB_FILE_INVALID_VALUE: {
    cause: 'A key has a value that it cannot have.',
    remedy: 'Give one of the values that the message names.',
    exit,
  },
  JOB_FILE_UNSET_VARIABLE: {
    cause: 'The file names a variable that is not set in the environment.',
    remedy:
      'Set NAME, or NAME_FILE to a file with the content, or write ${NAME:-default}. A literal ${ is written $${.',
    exit,
  },
  JOB_FILE_SECRET_FILE: {
    cause: 'The file that a NAME_FILE variable names cannot be read.',
    remedy: 'Give the path of a file that this user may read.',
    exit,
  },
  SOURCE_KIND_NOT_AVAILABLE: {
    cause: 'This version does not have this kind of source.',
    remedy: 'Use `kind: postgres`, or a version that has it.',
    exit,
  },
  EMBED_KIND: {
    cause: 'An embed has neither or both of `one` and `many`, or keys that belong to the other.',
    remedy: 'Name the table by `one` (a document) or by `many` (an array), and use the keys that go with it.',
    exit,
  },
  ID_FORM: {
    cause: 'An `id` map has neither or both of `objectId` and `computed`.',
    remedy: 'Write {objectId: true} or {computed: "…"}.',
    exit,
  },
  NAME_NOT_ALLOWED: {
    cause: 'MongoDB cannot have, or cannot update, a database, collection or field of this name.',
    remedy: 'Choose another name; a column gets one by `fields.rename`.',
    exit,
  },
  UNKNOWN_TABLE: {
    cause: 'The source has no such table.',
    remedy: 'Correct the name; write it with its schema, quoted where it is odd.',
    exit,
  },
  AMBIGUOUS_TABLE: {
    cause: 'Several tables of the source go by this name.',
    remedy: 'Write it with its schema.',
    exit,
  },
  NOT_A_TABLE: {
    cause: 'A view or a foreign table has neither a key nor a log of changes.',
    remedy: 'Map the tables that it reads.',
    exit,
  },
  UNKNOWN_COLUMN: { cause: 'The table has no such column.', remedy: 'Correct the name.', exit },
  COLUMN_IS_GENERATED: {
    cause: "A generated column is not in the source's log.",
    remedy: 'Compute the field by `computed`, or use the columns that it is made of.',
    exit,
  },
  ON_NOT_INFERRED: {
    cause: 'No foreign key, or more than one, says how two tables are joined.',
    remedy: 'Write `on`.',
    exit,
  },
  ON_NOT_COMPARABLE: {
    cause: 'The columns of an `on` cannot be equal, or their equality cannot be rebuilt outside the source.',
    remedy: 'Join by columns of one kind whose equality is exact.',
    exit,
  },
  FIELD_TWICE: { cause: 'Two fields of one document have the same name.', remedy: 'Rename or omit one of them.', exit },
  TYPE_IMPOSSIBLE: {
    cause: 'No value of the column can become the type that `types` names.',
    remedy: 'Choose another type, or a computed field.',
    exit,
  },
  ID_IMPOSSIBLE: { cause: "A collection's `_id` cannot be made in this way.", remedy: 'Give another `id`.', exit },
  SORT_IMPOSSIBLE: { cause: 'The values of a column have no order.', remedy: 'Sort by another column.', exit },
  EXPRESSION_SYNTAX: {
    cause: 'An expression is not a JavaScript expression.',
    remedy: 'Mend it as the message says.',
    exit,
  },
  NOTHING_MAPPED: { cause: 'The job file maps no collection.', remedy: 'Add one under `collections`.', exit },
});

export type JobFileCode = keyof typeof jobFileCodes;

/** What a mapping makes of its source that a person should know before it runs; `check` prints them. */
export const planFindingCodes = errorCodes({
  TABLE_WITHOUT_KEY: {
    cause: 'A table has no key: no primary key and no unique index over NOT NULL columns that can serve.',
    remedy: 'Give it a primary key.',
    exit: EXIT.blocked,
  },
  GENERATED_COLUMN_LEFT_OUT: {
    cause: "A generated column is not in the source's log, so no document has it.",
    remedy: 'Compute it by `computed`, or list it in `omit`.',
    exit: EXIT.done,
  },
  NUMERIC_MAY_NOT_FIT: {
    cause: 'The column may hold numbers of more than the 34 digits that decimal128 has.',
    remedy: 'Write `types: {column: string}`, or leave it: a number that does not fit becomes a dead letter.',
    exit: EXIT.done,
  },
  MICROSECONDS_CUT: {
    cause: 'BSON dates have milliseconds; microseconds are cut, towards the past.',
    remedy: 'Write `types: {column: string}` where they matter.',
    exit: EXIT.done,
  },
  TYPE_LOSSY: {
    cause: 'An override by `types` cannot hold every value exactly.',
    remedy: 'Leave the override out where exactness matters.',
    exit: EXIT.done,
  },
  ONE_NOT_UNIQUE: {
    cause: 'No key of the table says that an embedded `one` has one match at most.',
    remedy: 'Join by a key, or embed `many`; more than one match makes the document a dead letter.',
    exit: EXIT.done,
  },
  MAPPING_WITHOUT_EFFECT: {
    cause: 'An entry of `fields` concerns a column that becomes no field.',
    remedy: 'List the column in `only`, or remove the entry.',
    exit: EXIT.done,
  },
});

export type PlanFindingCode = keyof typeof planFindingCodes;
