import { z } from 'zod';

/**
 * What goes in and out of the API. One place for the console, which validates by it and makes the OpenAPI document of it,
 * and for who writes a client.
 */

const MOST_IDS = 100_000;

const text = (description: string) => z.string().min(1).max(1_024).describe(description);
const count = (description: string) => z.int().min(0).describe(description);
const at = (description: string) => z.iso.datetime().describe(description);
const json = z.unknown().describe('Any JSON value; values of documents as canonical Extended JSON.');

/** A page is asked for by the `next` of the one before. */
const page = {
  after: text('`next` of the page before; absent for the first').optional(),
  limit: z.coerce.number().int().min(1).max(1_000).default(100).describe('At most so many.'),
};

const columnsByName = z.record(z.string(), z.string().nullable());

export const jobFileText = {
  file: z
    .string()
    .min(1)
    .max(1_000_000)
    .describe(
      'The text of the job file, YAML or JSON. Keep `${…}` in it: the services read these from their own environment.',
    ),
  fileName: text('What mistakes are told by').default('job.yaml'),
};

const runOptions = {
  fresh: z.boolean().default(false).describe('Load again over the documents that are there.'),
  dropTarget: z.boolean().default(false).describe('Drop the mapped collections first.'),
  force: z.array(text('A code')).max(100).default([]).describe('Run in spite of these findings of check.'),
};

const failure = {
  code: z.string(),
  message: z.string(),
  remedy: z.string().describe('What to do.'),
  exit: z.int().describe('The exit code of a command that ends with it.'),
  problems: z
    .array(json)
    .optional()
    .describe('Mistakes of the job file, each with line and column, or of the request.'),
  findings: z.array(json).optional().describe('Of check: why a run is refused.'),
};

export const Failure = z
  .object({ error: z.object(failure) })
  .meta({ id: 'Failure', description: 'Why something was not done.' });

export const JobEntry = z
  .object({
    job: z.string(),
    fileName: z.string(),
    wanted: z.enum(['running', 'stopped']).describe('What was asked for last.'),
    ended: z
      .object({ at: at('When'), kind: z.enum(['done', 'completed', 'refused']), error: z.object(failure).nullable() })
      .nullable()
      .describe('How the run ended that was asked for last; null: it has not.'),
    createdAt: at('When the job was created'),
    createdBy: z.string(),
    changedAt: at('When something was asked of it last'),
  })
  .meta({ id: 'JobEntry', description: 'A job of the list.' });

const table = z.object({
  table: z.string(),
  rows: count('Rows read'),
  total: count('Rows as estimated'),
  etaSeconds: z.number().optional(),
});

const built = z.object({
  collection: z.string(),
  roots: count('Roots built'),
  total: count('Roots as far as known'),
  etaSeconds: z.number().optional(),
});

export const JobStatus = JobEntry.extend({
  phase: z.enum([
    'none',
    'checking',
    'loading',
    'building',
    'streaming',
    'paused',
    'completing',
    'completed',
    'attention',
  ]),
  running: z.boolean().describe('Whether a process runs it now.'),
  tables: z.array(table),
  lagSeconds: z.number().nullable().describe('The age of the oldest change that is not yet visible.'),
  deadLetters: count('Documents that cannot be written'),
  retainedBytes: z.number().nullable().describe('What the source keeps for it.'),
  built: z.array(built).optional().describe('While documents are being built.'),
  changesPerSecond: count('Changes captured a second, while a run follows them').optional(),
  attention: z.object({ code: z.string(), message: z.string(), remedy: z.string() }).optional(),
  trouble: z.string().optional().describe('What is being tried again now.'),
}).meta({ id: 'JobStatus', description: 'How far a job is, as `millrace status --json`, with its entry of the list.' });

export const Finding = z
  .object({
    severity: z.enum(['blocker', 'warning', 'info']),
    code: z.string(),
    object: z.string(),
    message: z.string(),
    fix: z.string(),
  })
  .meta({ id: 'Finding', description: 'One thing that check found.' });

export const Previewed = z
  .object({
    collection: z.string(),
    document: json.nullable(),
    refused: z.object({ code: z.string(), message: z.string(), path: z.string() }).optional(),
  })
  .meta({ id: 'Previewed', description: 'A document as the mapping makes it, or why it cannot be made.' });

export const VerifyReport = z
  .object({
    equal: count('As the source says'),
    different: count('Not as the source says'),
    missing: count('Not there'),
    extra: count('Should not be there'),
    edited: count('As an operator corrected them'),
    deadLetters: count('Dead letters'),
    documents: z.array(
      z.object({
        collection: z.string(),
        id: json,
        kind: z.enum(['different', 'missing', 'extra', 'edited', 'deadLetter']),
        path: z.string().optional(),
        expected: json.optional(),
        found: json.optional(),
      }),
    ),
    repaired: count('Rebuilt').optional(),
  })
  .meta({ id: 'VerifyReport', description: 'What a verification found; the first hundred documents are listed.' });

const letter = {
  id: z.string(),
  collection: z.string(),
  key: columnsByName,
  code: z.string(),
  message: z.string(),
  attempts: count('Times tried'),
  firstAt: at('First'),
  lastAt: at('Last'),
};

export const LetterPage = z
  .object({
    letters: z.array(
      z.object(letter).meta({ id: 'Letter', description: 'A document that could not be written, and why.' }),
    ),
    next: z
      .string()
      .nullable()
      .describe('For `after`; null: these were the last. A page may have fewer than `limit`, even none, before.'),
  })
  .meta({ id: 'LetterPage' });

export const LetterView = z
  .object({
    ...letter,
    path: z.string().nullable(),
    table: z.string(),
    row: z
      .record(z.string(), z.string().nullable())
      .nullable()
      .describe('The row as it is staged, its columns as texts.'),
    document: json.nullable().describe('The document as it stands in the target.'),
    replay: z
      .object({ document: json.nullable(), code: z.string().optional(), message: z.string().optional() })
      .describe('What a replay would write; with a code: why it could not.'),
    difference: z
      .array(z.object({ path: z.string(), kind: z.enum(['added', 'removed', 'changed']) }))
      .nullable()
      .describe('From the one to the other; null where a replay could write nothing.'),
    edited: columnsByName.nullable(),
    nextAt: z.string().nullable().describe('When it is tried again by itself.'),
  })
  .meta({
    id: 'LetterView',
    description: 'One dead letter: its row, its document, and what a replay would make of it.',
  });

export const CorrectedRow = z
  .object({
    done: z.literal(true),
    table: z.string(),
    key: columnsByName,
    row: columnsByName.describe('As it was without the correction.'),
  })
  .meta({
    id: 'CorrectedRow',
    description:
      'The row that the letter was about when it was corrected: changes since it was shown may have made that another one.',
  });

export const ReplayReport = z
  .object({
    replayed: count('Tried again'),
    cleared: count('Written'),
    remaining: count('Still dead letters'),
    documents: z
      .array(
        z.object({
          id: z.string(),
          collection: z.string(),
          document: json.nullable(),
          code: z.string().optional(),
          message: z.string().optional(),
        }),
      )
      .optional()
      .describe('Of a dry run: what a replay would write.'),
  })
  .meta({ id: 'ReplayReport' });

export const AuditPage = z
  .object({
    entries: z.array(
      z.object({
        id: z.string(),
        at: at('When'),
        by: z.string(),
        action: z.string(),
        letter: z.string().optional(),
        collection: z.string().optional(),
        details: z.record(z.string(), json),
      }),
    ),
    next: z.string().nullable(),
  })
  .meta({ id: 'AuditPage', description: 'Who did what, oldest first.' });

export const JobEvent = z
  .looseObject({ kind: z.enum(['phase', 'progress', 'streaming', 'trouble', 'recovered', 'warning', 'verify']) })
  .meta({ id: 'JobEvent', description: 'How a job gets on: as the lines of `millrace run --json`.' });

export const RunOutcome = z
  .object({ kind: z.enum(['done', 'loaded', 'stopped', 'completed']) })
  .loose()
  .meta({ id: 'RunOutcome', description: 'How a run ended.' });

const letterFilter = {
  collection: text('Only letters of this collection').optional(),
  code: text('Only letters with this code').optional(),
  text: text('Only letters that have this in their id, key, message or path').optional(),
};

const ids = z.array(text('The id of a letter')).min(1).max(MOST_IDS);

export const Params = {
  job: z
    .string()
    .regex(/^[a-z][a-z0-9_]{0,39}$/)
    .describe('The name of the job.'),
  id: text('The id of the letter.'),
};

export const Queries = {
  page: z.strictObject(page),
  letters: z.strictObject({ ...page, ...letterFilter }),
};

export const Bodies = {
  create: z.strictObject({
    ...jobFileText,
    start: z.boolean().default(true).describe('Ask at once that it runs.'),
    ...runOptions,
  }),
  file: z.strictObject(jobFileText),
  run: z.strictObject({
    file: jobFileText.file.optional(),
    fileName: jobFileText.fileName,
    ...runOptions,
    untilSynced: z
      .boolean()
      .default(false)
      .describe('Answer when everything that the source had committed is in the target.'),
  }),
  verify: z.strictObject({ collection: text('Only this collection').optional(), repair: z.boolean().default(false) }),
  check: z.union([z.strictObject(jobFileText), z.strictObject({ job: Params.job })]),
  preview: z.union([
    z.strictObject({ ...jobFileText, ...previewOptions() }),
    z.strictObject({ job: Params.job, ...previewOptions() }),
  ]),
  edit: z.strictObject({
    columns: z
      .record(text('A column'), z.string().nullable())
      .refine((columns) => Object.keys(columns).length > 0, 'names no column'),
  }),
  replay: z
    .strictObject({
      ids: ids.optional(),
      all: z.literal(true).optional(),
      filter: z.strictObject(letterFilter).optional(),
      dryRun: z.boolean().default(false).describe('Only show the documents that a replay would write.'),
    })
    .refine(
      ({ ids, all, filter }) => [ids, all, filter].filter((each) => each !== undefined).length === 1,
      'needs one of ids, all, filter',
    ),
  discard: z.strictObject({ ids, reason: text('Why').optional() }),
  none: z.strictObject({}).optional(),
};

function previewOptions() {
  return {
    collection: text('Only this collection').optional(),
    limit: z.int().min(1).max(999_999_999).default(3).describe('At most so many documents of a collection.'),
  };
}
