import { z } from 'zod';
import * as api from './schemas.js';

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** One route of the API, whole: the console serves it and describes it by this, the command line calls it by this. */
export interface Route {
  method: Method;
  /** Below /api. */
  path: string;
  group: 'Jobs' | 'Mapping' | 'Dead letters' | 'Audit';
  summary: string;
  description?: string;
  query?: z.ZodObject;
  body?: z.ZodType;
  answer: z.ZodType;
  status?: 200 | 201;
  /** Of a route that may take long: with `Accept: application/x-ndjson` it answers line by line, with these before the result. */
  events?: z.ZodType;
  /** Beside 401, 422 and 5xx, which each route may answer with. */
  refusals: readonly (400 | 404 | 409)[];
}

const Done = z.object({ done: z.literal(true) });
const FROM_EVENTS = 'Where the job is run by another process, its progress is not told; beats are.';

export const ROUTES = {
  createJob: {
    method: 'post',
    path: '/jobs',
    group: 'Jobs',
    summary: 'Create a job from a job file',
    description:
      'The file is read with the environment of the console, and refused with all of its mistakes at once. The same file again is the same job.',
    body: api.Bodies.create,
    answer: api.JobEntry,
    status: 201,
    refusals: [400, 409],
  },
  listJobs: {
    method: 'get',
    path: '/jobs',
    group: 'Jobs',
    summary: 'List the jobs',
    answer: z.object({ jobs: z.array(api.JobEntry) }),
    refusals: [],
  },
  showJob: {
    method: 'get',
    path: '/jobs/:job',
    group: 'Jobs',
    summary: 'How far a job is: phase, progress, lag, dead letters',
    answer: api.JobStatus,
    refusals: [404],
  },
  showFile: {
    method: 'get',
    path: '/jobs/:job/file',
    group: 'Jobs',
    summary: 'The job file, as it was sent: with its `${…}`',
    answer: z.object({ file: z.string(), fileName: z.string() }),
    refusals: [404],
  },
  replaceFile: {
    method: 'put',
    path: '/jobs/:job/file',
    group: 'Jobs',
    summary: 'Replace the job file',
    description:
      'A job that runs begins anew with it. Where it maps something differently, the run is refused until it is asked for with `fresh`.',
    body: api.Bodies.file,
    answer: api.JobEntry,
    refusals: [400, 404],
  },
  removeJob: {
    method: 'delete',
    path: '/jobs/:job',
    group: 'Jobs',
    summary: 'Forget a job: its state, its slot and publication, and its place in the list',
    description: 'Stops it first, and waits until nobody runs it. Documents stay.',
    answer: Done,
    events: api.JobEvent,
    refusals: [404, 409],
  },
  runJob: {
    method: 'post',
    path: '/jobs/:job/run',
    group: 'Jobs',
    summary: 'Ask that a job runs',
    description:
      'With a file, creates the job or replaces its file first. What refuses the run shows in `ended` of the status; with `untilSynced`, as the answer.',
    body: api.Bodies.run,
    answer: z.union([api.JobEntry, api.RunOutcome]),
    events: api.JobEvent,
    refusals: [400, 404, 409],
  },
  stopJob: {
    method: 'post',
    path: '/jobs/:job/stop',
    group: 'Jobs',
    summary: 'Ask that a job stops; it goes on from there when it is run again',
    body: api.Bodies.none,
    answer: api.JobEntry,
    refusals: [404],
  },
  pauseJob: {
    method: 'post',
    path: '/jobs/:job/pause',
    group: 'Jobs',
    summary: 'Hold a job; nothing is lost meanwhile',
    body: api.Bodies.none,
    answer: Done,
    refusals: [404, 409],
  },
  resumeJob: {
    method: 'post',
    path: '/jobs/:job/resume',
    group: 'Jobs',
    summary: 'Go on with a paused job',
    body: api.Bodies.none,
    answer: Done,
    refusals: [404, 409],
  },
  completeJob: {
    method: 'post',
    path: '/jobs/:job/complete',
    group: 'Jobs',
    summary: 'End a job: drain, verify, and remove all that it made but the documents',
    description: `Where the verification finds differences, nothing is removed. ${FROM_EVENTS}`,
    body: api.Bodies.none,
    answer: api.VerifyReport,
    events: api.JobEvent,
    refusals: [404, 409],
  },
  verifyJob: {
    method: 'post',
    path: '/jobs/:job/verify',
    group: 'Jobs',
    summary: 'Compare every document with what the source says now',
    description: FROM_EVENTS,
    body: api.Bodies.verify,
    answer: api.VerifyReport,
    events: api.JobEvent,
    refusals: [400, 404, 409],
  },
  watchJob: {
    method: 'get',
    path: '/jobs/:job/events',
    group: 'Jobs',
    summary: 'Watch a job: phase, progress, lag, trouble',
    description: 'Goes on until the run that was asked for last has ended; its result is how.',
    answer: api.RunOutcome,
    events: api.JobEvent,
    refusals: [404],
  },
  check: {
    method: 'post',
    path: '/check',
    group: 'Mapping',
    summary: 'Everything that would stop or damage a job',
    description: 'Of a job of the list, or of a job file. Changes nothing.',
    body: api.Bodies.check,
    answer: z.object({ findings: z.array(api.Finding) }),
    refusals: [400, 404],
  },
  preview: {
    method: 'post',
    path: '/preview',
    group: 'Mapping',
    summary: 'The documents that a mapping would write, from real rows',
    description:
      'Of a job of the list, or of a job file. Writes nothing. With `Accept: application/json` the documents are one array; ask for many line by line.',
    body: api.Bodies.preview,
    answer: z.object({ documents: z.array(api.Previewed).optional(), count: z.int() }),
    events: api.Previewed,
    refusals: [400, 404],
  },
  listLetters: {
    method: 'get',
    path: '/jobs/:job/dead-letters',
    group: 'Dead letters',
    summary: 'The documents that could not be written, and why',
    query: api.Queries.letters,
    answer: api.LetterPage,
    refusals: [400, 404],
  },
  showLetter: {
    method: 'get',
    path: '/jobs/:job/dead-letters/:id',
    group: 'Dead letters',
    summary: 'One letter: its row, its document, what a replay would write, and the difference',
    answer: api.LetterView,
    refusals: [404],
  },
  editLetter: {
    method: 'patch',
    path: '/jobs/:job/dead-letters/:id',
    group: 'Dead letters',
    summary: 'Store a correction for columns of the row of a letter',
    description:
      'On the side of Millrace only; a replay then writes the document with it. A value is the text that the source would print.',
    body: api.Bodies.edit,
    answer: api.CorrectedRow,
    events: api.JobEvent,
    refusals: [400, 404, 409],
  },
  replayLetters: {
    method: 'post',
    path: '/jobs/:job/dead-letters/replay',
    group: 'Dead letters',
    summary: 'Try letters again: some, all, or all that pass a filter',
    description: 'Always safe to repeat, and rate-limited.',
    body: api.Bodies.replay,
    answer: api.ReplayReport,
    events: api.JobEvent,
    refusals: [400, 404, 409],
  },
  discardLetters: {
    method: 'post',
    path: '/jobs/:job/dead-letters/discard',
    group: 'Dead letters',
    summary: 'Give letters up; who, when and why is recorded',
    body: api.Bodies.discard,
    answer: z.object({ discarded: z.int() }),
    refusals: [400, 404],
  },
  auditTrail: {
    method: 'get',
    path: '/jobs/:job/audit',
    group: 'Audit',
    summary: 'Who did what to a job and to its letters, oldest first',
    query: api.Queries.page,
    answer: api.AuditPage,
    refusals: [400, 404],
  },
} as const satisfies Record<string, Route>;

/** Raised where a client of before could not go on. */
export const API_VERSION = '1.0.0';
export const API_PATH = '/api';
export const OPENAPI_PATH = '/api/openapi.json';
/** In every answer of a console, so that its clients know one. */
export const SERVER_HEADER = 'x-millrace-api';
export const USER_HEADER = 'x-millrace-user';
export const NDJSON = 'application/x-ndjson';

/** Where a route is, with its parameters filled in. */
export function pathOf({ path }: Pick<Route, 'path'>, params: Readonly<Record<string, string>> = {}): string {
  return API_PATH + path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
}
