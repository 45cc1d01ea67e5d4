import { BSON_TYPES } from '#model';
import { z } from 'zod';
import { bytesOf, SIZE_PATTERN } from './byte-size.js';

/**
 * The grammar of the job file: the one source of its types, of the published JSON Schema and of validation. What the
 * grammar cannot say (rules between keys, rules of MongoDB's names) is in `rules.ts`.
 */

const expression = z.string().min(1);

/** As a variable gives it. */
export const WHOLE_NUMBER = /^[1-9]\d*$/;

const wholeNumber = z.union([z.number().int().min(1), z.string().regex(WHOLE_NUMBER)]).transform(Number);

const byteSize = z.union([z.number().int().min(1), z.string().regex(SIZE_PATTERN)]).transform(bytesOf);

export const FIELD_NAMES = ['asIs', 'camelCase', 'snake_case', 'PascalCase'] as const;
export const NULLS = ['keep', 'omit'] as const;

const nulls = z
  .enum(NULLS)
  .optional()
  .describe(
    'What becomes of NULL: `keep` writes null, `omit` leaves the field out. Absent: as in what this stands in, at last `defaults.nulls`.',
  );

const where = expression
  .optional()
  .describe(
    'A JavaScript expression over `columns`, for example "columns.status !== \'draft\'". Rows for which it is not truthy are left out.',
  );

const fieldsMap = z.strictObject({
  only: z.array(z.string()).optional().describe('Only these columns. The list chooses, it does not order.'),
  omit: z.array(z.string()).optional().describe('All columns but these.'),
  rename: z.record(z.string(), z.string()).optional().describe('Column: field. Wins over `defaults.fieldNames`.'),
  types: z.record(z.string(), z.enum(BSON_TYPES)).optional().describe('Column or computed field: BSON type.'),
  computed: z
    .record(z.string(), expression)
    .optional()
    .describe("Field: a JavaScript expression over `columns`, the row's own columns by their source names."),
});

const fields = z
  .union([z.array(z.string()), fieldsMap])
  .optional()
  .describe('A list of columns (only these), or a map with `only`, `omit`, `rename`, `types`, `computed`.');

const on = z
  .record(z.string(), z.string())
  .optional()
  .describe(
    'Their column: my column. Several pairs for composite keys. May be left out where exactly one foreign key says it.',
  );

const embed = z.strictObject({
  one: z.string().min(1).optional().describe('The table of the row that this row references: an embedded document.'),
  many: z.string().min(1).optional().describe('The table of the rows that reference this row: an embedded array.'),
  on,
  where,
  nulls,
  fields,
  sort: z.array(z.string().min(1)).optional().describe('`many` only: columns to sort by, `-column` for descending.'),
  limit: wholeNumber.optional().describe('`many` only: keep the first so many.'),
  value: z
    .string()
    .min(1)
    .optional()
    .describe('`many` only: this column or computed field as a plain value, instead of documents.'),
  flatten: z.boolean().optional().describe('`one` only: merge the fields into the document that this stands in.'),
  prefix: z.string().optional().describe('With `flatten`: put before the name of each merged field.'),
  get embed() {
    return embeds;
  },
});
const embeds = z
  .record(z.string(), embed)
  .optional()
  .describe('Field: what is embedded there. Documents with `one`, arrays with `many`, to any depth.');

const id = z
  .union([
    z.string().min(1),
    z.array(z.string().min(1)).min(1),
    z.strictObject({
      objectId: z.literal(true).optional().describe('An ObjectId derived from table and key, the same on every run.'),
      computed: expression.optional().describe('A JavaScript expression over `columns`.'),
    }),
  ])
  .optional()
  .describe(
    'What becomes `_id`: a column, a list of columns (a sub-document), {objectId: true} or {computed: "…"}. Absent: the primary key.',
  );

const collection = z.strictObject({
  table: z
    .string()
    .min(1)
    .describe('The table whose rows are the documents: `schema.table`. Quote odd names: \'"My schema"."a.b"\'.'),
  id,
  where,
  nulls,
  fields,
  embed: embeds,
});

const source = z.strictObject({
  kind: z.enum(['postgres', 'mysql', 'mariadb', 'debezium']).describe('The kind of database that is read.'),
  uri: z.string().min(1).describe('The connection URI, best as ${NAME} from the environment.'),
  maxRetainedBytes: byteSize
    .default(10 * 1024 ** 3)
    .describe('How much of its log the source may have to keep for this job: bytes, or a size such as "10GiB".'),
});

const target = z.strictObject({
  uri: z.string().min(1).describe('The connection URI of a replica set or sharded cluster, best as ${NAME}.'),
  database: z.string().min(1).describe('The database that the collections are written to.'),
});

const defaults = z.strictObject({
  fieldNames: z.enum(FIELD_NAMES).default('asIs').describe('How column names become field names.'),
  nulls: z
    .enum(NULLS)
    .default('keep')
    .describe('What becomes of NULL: `keep` writes null, `omit` leaves the field out.'),
});

export const JOB_NAME = /^[a-z][a-z0-9_]{0,39}$/;

export const jobFileSchema = z.strictObject({
  $schema: z.string().optional().describe('The JSON Schema of this file, for editors.'),
  job: z
    .string()
    .regex(JOB_NAME)
    .describe('The name of the job: small letters, digits and _, at most 40, a letter first.'),
  mode: z
    .enum(['snapshot', 'continuous'])
    .default('continuous')
    .describe('`snapshot` loads once; `continuous` loads and then follows the changes.'),
  source: source.describe('The relational database.'),
  target: target.describe('MongoDB.'),
  onError: z
    .enum(['deadLetter', 'stop'])
    .default('deadLetter')
    .describe('What a document that cannot be written does: become a dead letter, or stop the job.'),
  stopAfterErrors: wholeNumber.optional().describe('Stop the job after so many dead letters. Absent: never.'),
  defaults: defaults
    .default({ fieldNames: 'asIs', nulls: 'keep' })
    .describe('For the whole file, unless said otherwise.'),
  collections: z.record(z.string(), collection).describe('Collection: the mapping of its documents.'),
});

export type JobFile = z.output<typeof jobFileSchema>;
export type CollectionMapping = z.output<typeof collection>;
export type EmbedMapping = z.output<typeof embed>;
export type FieldsMapping = z.output<typeof fieldsMap>;
export type IdMapping = NonNullable<CollectionMapping['id']>;
