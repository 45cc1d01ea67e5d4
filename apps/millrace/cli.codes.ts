import { EXIT, errorCodes } from '#errors';

export const cliErrors = errorCodes({
  USAGE: {
    cause: 'The command line is not one that Millrace understands.',
    remedy: 'Run the command with --help: it shows its options and an example.',
    exit: EXIT.usage,
  },
  JOB_FILE_UNREADABLE: {
    cause: 'The job file cannot be read.',
    remedy: 'Give the path of a file that exists and that you may read; `millrace init` writes one.',
    exit: EXIT.usage,
  },
  OUTPUT_FILE_EXISTS: {
    cause: 'The file that should be written is there already.',
    remedy: 'Give another name by --out, or remove the file first: Millrace does not overwrite a mapping.',
    exit: EXIT.usage,
  },
  OUTPUT_FILE_UNWRITABLE: {
    cause: 'The file cannot be written.',
    remedy: 'Give a path by --out in a folder that exists and that you may write to.',
    exit: EXIT.failed,
  },
  SOURCE_KIND_UNAVAILABLE: {
    cause: 'The source is of a kind that this version cannot read.',
    remedy: 'Use a PostgreSQL source: postgres://… as URI, `kind: postgres` in the job file.',
    exit: EXIT.usage,
  },
  NOTHING_TO_SUGGEST: {
    cause: 'The catalogue has no table that could become a collection.',
    remedy: 'Check the database in the URI and the schemas named by --schema; the user needs to see the tables.',
    exit: EXIT.failed,
  },
  NOT_CONFIRMED: {
    cause: 'A command that destroys something was not confirmed.',
    remedy: 'Answer yes on a terminal, or add --yes where there is none.',
    exit: EXIT.usage,
  },
  UNEXPECTED: {
    cause: 'Something happened that Millrace has no name for: most likely a defect.',
    remedy: 'Run it again with MILLRACE_DEBUG=1 and report what it says.',
    exit: EXIT.failed,
  },
});
