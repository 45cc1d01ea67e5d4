import { EXIT, MillraceError } from '#errors';
import type { Finding } from '#model';
import { CommanderError } from 'commander';
import { cliErrors } from './cli.codes.js';
import { formatFindings } from './output/findings.js';
import { formatProblems, isProblems, type JobFileProblem } from './output/problems.js';
import type { Terminal } from './terminal.js';

/**
 * Says what ended a command, in one line and its remedy, and resolves to its exit code. With `--json` stdout has it as a
 * value as well. Never a stack, unless asked for.
 */
export function reportFailure(error: unknown, terminal: Terminal, options: { debug: boolean }): number {
  if (error instanceof CommanderError) return reportUsage(error, terminal);
  const failure = error instanceof MillraceError ? error : unexpected(error);
  const { problems, findings } = failure.context;
  if (isProblems(problems)) return reportProblems(problems, failure, terminal);
  if (isFindings(findings)) terminal.say(formatFindings(findings, terminal.err));
  sayError(failure, terminal);
  if (options.debug) sayStacks(error, terminal);
  if (terminal.json) printError(failure, terminal, isFindings(findings) ? { findings } : {});
  return failure.exit;
}

function reportProblems(problems: readonly JobFileProblem[], failure: MillraceError, terminal: Terminal): number {
  terminal.say(formatProblems(problems));
  sayError(failure, terminal);
  if (terminal.json) printRedacted(terminal, { problems });
  return failure.exit;
}

/** Commander's own words, without its prefix and on one line. Help and version are not failures. */
function reportUsage(error: CommanderError, terminal: Terminal): number {
  if (error.exitCode === 0) return EXIT.done;
  const missing = error.code === 'commander.help';
  const message = missing
    ? 'a command is missing'
    : error.message
        .replace(/^error: /, '')
        .replaceAll('\n', ' ')
        .trim();
  const failure = new MillraceError(cliErrors.USAGE, message);
  sayError(failure, terminal);
  if (terminal.json) printError(failure, terminal, {});
  return failure.exit;
}

function sayError(failure: MillraceError, terminal: Terminal): void {
  const { red, bold, dim } = terminal.err;
  terminal.say(`${red('error')} ${bold(failure.code)}: ${failure.message}`);
  terminal.say(dim(`  ${failure.remedy}`));
}

function printError({ code, message, remedy }: MillraceError, terminal: Terminal, more: object): void {
  printRedacted(terminal, { error: { code, message, remedy, ...more } });
}

function printRedacted(terminal: Terminal, value: object): void {
  terminal.printJson(terminal.redactor.redactAll(value));
}

/** The message alone would be a guess, but it is the most that can be said; one line of it, redacted as all. */
function unexpected(error: unknown): MillraceError {
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new MillraceError(cliErrors.UNEXPECTED, message.split('\n')[0] ?? '', { cause: error });
}

function sayStacks(error: unknown, terminal: Terminal): void {
  for (let at: unknown = error; at instanceof Error; at = at.cause) terminal.say(at.stack ?? at.message);
}

function isFindings(value: unknown): value is Finding[] {
  return Array.isArray(value) && value.length > 0 && value.every((finding) => 'severity' in Object(finding));
}
