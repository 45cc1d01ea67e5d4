import type { JobCommands, JobEvent } from '#job';
import type { CommandLineSettings } from '#config';
import type { Option } from 'commander';
import type { Host } from './host.js';
import type { LoadedJobFile } from '#compose';
import type { StopSignals } from './stop-signals.js';
import type { Terminal } from './terminal.js';

/** What every command is given. */
export interface CommandContext {
  host: Host;
  terminal: Terminal;
  settings: CommandLineSettings;
  /** The URL of the console that runs the job; undefined: this process does. */
  server: string | undefined;
  signals: StopSignals;
  openEngine: OpenEngine;
}

/** Opens the engine for one job; `close` it whatever happens. Loads what it needs only now: help must not wait for it. */
export type OpenEngine = (
  job: LoadedJobFile,
  context: Pick<CommandContext, 'host' | 'terminal' | 'settings'>,
  onEvent: (event: JobEvent) => void,
) => Promise<JobCommands>;

export interface CommandArgument {
  /** As in usage lines: `<FILE>`, `[MORE...]`. */
  name: string;
  description: string;
}

/** One command of the command line: how it is called, what `--help` says, what it does. */
export interface CommandSpec {
  /** `run`, `dead-letters list`. */
  name: string;
  summary: string;
  /** More than the summary, where there is more to know. */
  description?: string;
  args: readonly CommandArgument[];
  options: readonly Option[];
  /** Whether it works with --server: with it or without where it takes FILE, only with it (`needed`), not at all. */
  server?: 'needed';
  examples: readonly string[];
  /** Resolves with the exit code. */
  run(context: CommandContext, args: readonly (string | readonly string[])[], options: object): Promise<number>;
}

/** Types the options of a command: their names are those of its `Option`s in camel case. */
export function defineCommand<O extends object>(
  spec: Omit<CommandSpec, 'run'> & {
    run(context: CommandContext, args: readonly (string | readonly string[])[], options: O): Promise<number>;
  },
): CommandSpec {
  return { ...spec, run: (context, args, options) => spec.run(context, args, options as O) };
}

export const FILE: CommandArgument = {
  name: '<FILE>',
  description: 'the job file; with --server also the name of a job',
};

/** The parser of an option that may be given several times. */
export function collect(value: string, former: string[] | undefined): string[] {
  return [...(former ?? []), value];
}

export function textAt(args: readonly (string | readonly string[])[], index: number): string {
  return args[index] as string;
}

export function listAt(args: readonly (string | readonly string[])[], index: number): readonly string[] {
  return (args[index] ?? []) as readonly string[];
}
