import type { CommandSpec } from '../command.js';
import { check } from './check.js';
import { complete } from './complete.js';
import { deadLettersDiscard } from './dead-letters-discard.js';
import { deadLettersEdit } from './dead-letters-edit.js';
import { deadLettersList } from './dead-letters-list.js';
import { deadLettersReplay } from './dead-letters-replay.js';
import { deadLettersShow } from './dead-letters-show.js';
import { demo } from './demo.js';
import { init } from './init.js';
import { jobsCreate } from './jobs-create.js';
import { jobsList } from './jobs-list.js';
import { jobsStart } from './jobs-start.js';
import { jobsStop } from './jobs-stop.js';
import { pause } from './pause.js';
import { preview } from './preview.js';
import { reset } from './reset.js';
import { resume } from './resume.js';
import { run } from './run.js';
import { schema } from './schema.js';
import { status } from './status.js';
import { verify } from './verify.js';

/** In the order in which help lists them: that of a job's life. */
export const COMMANDS: readonly CommandSpec[] = [
  demo,
  init,
  schema,
  check,
  preview,
  run,
  status,
  verify,
  deadLettersList,
  deadLettersShow,
  deadLettersEdit,
  deadLettersReplay,
  deadLettersDiscard,
  pause,
  resume,
  complete,
  reset,
  jobsCreate,
  jobsList,
  jobsStart,
  jobsStop,
];

/** Commands that only have commands. */
export const GROUPS: ReadonlyMap<string, string> = new Map([
  ['jobs', 'jobs that the services run: create, list, start, stop'],
  ['dead-letters', 'what could not be written: list, show, edit, replay, discard'],
]);
