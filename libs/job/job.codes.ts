import { EXIT, errorCodes } from '#errors';

export const JOB_ERRORS = errorCodes({
  JOB_RUNNING: {
    cause: 'Another process runs this job, and holds its lease.',
    remedy:
      'Stop the other process, or wait until it has ended; a process that was killed is taken over after ten seconds.',
    exit: EXIT.blocked,
  },
  JOB_TAKEN_OVER: {
    cause: 'Another process took this job over while this one could not renew its lease.',
    remedy: 'Nothing is lost. Run the job in one place only.',
  },
  JOB_FILE_INVALID: {
    cause: 'The job file does not fit the schema of the source.',
    remedy: 'Mend each of the places that are listed with line and column.',
    exit: EXIT.usage,
  },
  JOB_BLOCKED: {
    cause: 'The preflight check found something that would stop or damage this job.',
    remedy: 'Mend what the findings name (`millrace check` lists them with SQL), or name a code with --force.',
    exit: EXIT.blocked,
  },
  JOB_ATTENTION: {
    cause: 'The job stopped because something needs a person.',
    remedy: 'Read the reason in `millrace status`; it names the step.',
  },
  JOB_PAUSED: {
    cause: 'An operator has paused this job.',
    remedy: 'Let it go on with `millrace resume`, then try again.',
  },
  NOTHING_TO_HOLD: {
    cause: 'The job does nothing that could be paused: it is completed, or waits for a person.',
    remedy: 'See `millrace status`.',
  },
  INTERRUPTED: {
    cause: 'A signal stopped the command before it had finished.',
    remedy: 'Run it again: it goes on from where it stopped.',
  },
  ANSWER_TOO_LARGE: {
    cause: 'What the running job would answer is too large to be handed over.',
    remedy: 'Ask for less at a time: name single letters with --id.',
  },
  JOB_UNKNOWN: {
    cause: 'This job has never run, so there is nothing to do for this command.',
    remedy: 'Start it with `millrace run`.',
  },
  JOB_BEING_REMOVED: {
    cause: 'The job is completed, and whoever holds it has not removed what is left of it yet.',
    remedy: 'Run `millrace complete` again: it waits, or removes the rest itself.',
  },
  JOB_COMPLETED: {
    cause: 'The job is completed.',
    remedy: 'Run it again with --fresh to load again.',
  },
  MAPPING_CHANGED: {
    cause:
      'The job file maps something differently than the documents that are there were made, or a table that it names has changed since.',
    remedy: 'Run with --fresh to load again, or put the former mapping, or the table, back.',
    exit: EXIT.blocked,
  },
  TARGET_NOT_EMPTY: {
    cause: 'A collection that this job would make has documents already.',
    remedy: 'Empty it, map to another name, or run with --drop-target to drop the mapped collections first.',
    exit: EXIT.blocked,
  },
  SOURCE_CHANGED: {
    cause:
      'The source is another server or another history than the one that this job followed (restore, fail-over, new cluster).',
    remedy: 'Load again with `millrace run --fresh`.',
  },
  RETENTION_BOUND: {
    cause:
      'The source kept more log for this job than source.maxRetainedBytes, so its slot was dropped rather than filling the disk.',
    remedy: 'Load again with `millrace run --fresh`, after mending what held the job up, or raise the bound.',
  },
  STOPPED_BY_ERROR: {
    cause: 'A document could not be written, and the job file says onError: stop (or stopAfterErrors was reached).',
    remedy: 'See `millrace dead-letters list`, mend the cause, then `millrace run` again.',
  },
  SCHEMA_CHANGED: {
    cause: 'A table or column in use was dropped, renamed, made anew or changed its type.',
    remedy: 'Load again with `millrace run --fresh`, after the job file has been adapted where it names what is gone.',
  },
  REQUEST_UNANSWERED: {
    cause: 'The process that runs this job did not answer.',
    remedy: 'See its log; if it has died, try again: this command then runs the job itself.',
  },
  SNAPSHOT_HAS_NO_CAPTURE: {
    cause: 'A snapshot job follows no changes, so this command has nothing to work with.',
    remedy: 'Run it again with `millrace run --fresh`.',
  },
  LETTER_UNKNOWN: {
    cause: 'There is no dead letter with this id.',
    remedy: 'List them with `millrace dead-letters list`.',
    exit: EXIT.usage,
  },
  COLLECTION_UNKNOWN: {
    cause: 'The job file has no collection of this name.',
    remedy: 'Name one of its collections.',
    exit: EXIT.usage,
  },
  EDIT_REFUSED: {
    cause: 'This column of a row cannot be corrected.',
    remedy: 'Only columns that the mapping uses, and that are neither key nor joined by, can be edited.',
    exit: EXIT.usage,
  },
});
