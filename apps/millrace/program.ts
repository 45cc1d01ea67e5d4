import { readFileSync } from 'node:fs';
import type { CommandLineSettings } from '#config';
import { EXIT } from '#errors';
import { Redactor } from '#observability/redaction';
import { Command, CommanderError, Option } from 'commander';
import { type CommandContext, type CommandSpec, FILE, type OpenEngine } from './command.js';
import { COMMANDS, GROUPS } from './commands/index.js';
import { reportFailure } from './failures.js';
import type { Host } from './host.js';
import { StopSignals } from './stop-signals.js';
import { Terminal } from './terminal.js';
import { version } from './version.js';

/** Parses the arguments, runs the command that they name, and resolves with its exit code; never rejects. */
export async function runProgram(
  args: readonly string[],
  host: Host,
  openEngine: OpenEngine,
  redactor = new Redactor(),
): Promise<number> {
  const terminal = new Terminal(host, wantsJson(args), redactor);
  let debug = false;
  let code: number = EXIT.done;
  const runCommand: RunCommand = async (spec, commandArgs, options) => {
    const { readCommandLineSettings } = await import('#config');
    const settings = readCommandLineSettings(host.env, (path) => readFileSync(path, 'utf8'));
    if (settings.token !== undefined) redactor.add(settings.token);
    debug = settings.debug;
    code = await runOne(spec, commandArgs, options, { host, terminal, settings, openEngine });
  };
  try {
    await program(host, runCommand).parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    return reportFailure(error, terminal, { debug });
  }
}

type RunCommand = (spec: CommandSpec, args: readonly (string | readonly string[])[], options: object) => Promise<void>;

async function runOne(
  spec: CommandSpec,
  args: readonly (string | readonly string[])[],
  options: object,
  given: { host: Host; terminal: Terminal; settings: CommandLineSettings; openEngine: OpenEngine },
): Promise<number> {
  const signals = new StopSignals(given.host, (text) => given.terminal.say(text));
  const context: CommandContext = { ...given, signals, server: serverOf(spec, options, given.settings) };
  try {
    return await spec.run(context, args, options);
  } finally {
    signals.dispose();
  }
}

/** Of a command that works without it, only where it takes a job. */
function serverOf(spec: CommandSpec, options: { server?: string }, settings: CommandLineSettings): string | undefined {
  if (!takesServer(spec)) return undefined;
  const server = options.server ?? settings.server;
  if (server === undefined && spec.server === 'needed')
    throw new CommanderError(
      EXIT.usage,
      'millrace.usage',
      `${spec.name} speaks to the services: give --server URL, or set MILLRACE_SERVER`,
    );
  return server;
}

function takesServer(spec: CommandSpec): boolean {
  return spec.server === 'needed' || spec.args.includes(FILE);
}

/** Asked before parsing, since a mistake of usage is told as JSON, too. */
function wantsJson(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  return (end < 0 ? args : args.slice(0, end)).includes('--json');
}

function program(host: Host, runCommand: RunCommand): Command {
  const root = new Command('millrace')
    .description(
      'Moves a relational database into MongoDB as nested documents, and keeps them right while the source goes on changing.',
    )
    .version(version(), '-V, --version', 'print the version')
    .addHelpText('after', '\nStart with `millrace demo`. Each command has its own --help, with an example.');
  prepare(root, host);
  for (const spec of COMMANDS) {
    const [first = '', second] = spec.name.split(' ');
    const parent = second === undefined ? root : group(root, first, host);
    addCommand(parent, spec, second ?? first, { host, runCommand });
  }
  return root;
}

/** Made where its first command stands, so that help lists it there. */
function group(root: Command, name: string, host: Host): Command {
  const made = root.commands.find((command) => command.name() === name);
  if (made) return made;
  const command = root.command(name).description(GROUPS.get(name) ?? '');
  prepare(command, host);
  return command;
}

/** Errors are thrown, not printed; help that was asked for goes to stdout. */
function prepare(command: Command, host: Host): void {
  command.exitOverride().configureOutput({
    writeOut: (text) => host.stdout.write(text),
    writeErr: () => undefined,
    getOutHelpWidth: () => host.stdout.columns ?? 100,
  });
  command.configureHelp({ showGlobalOptions: false, subcommandTerm: (sub) => sub.name() });
  command.helpOption('-h, --help', 'show this help').option('--json', 'results as JSON on stdout');
}

function addCommand(
  parent: Command,
  spec: CommandSpec,
  name: string,
  { host, runCommand }: { host: Host; runCommand: RunCommand },
): void {
  const command = parent
    .command(name)
    .summary(spec.summary)
    .description(spec.description ?? spec.summary);
  prepare(command, host);
  for (const argument of spec.args) command.argument(argument.name, argument.description);
  for (const option of spec.options) command.addOption(option);
  if (takesServer(spec))
    command.addOption(new Option('--server <URL>', 'work on a job of the services, by way of their console'));
  const examples = spec.examples.map((example) => `  $ ${example}`).join('\n');
  command.addHelpText('after', `\n${spec.examples.length > 1 ? 'Examples' : 'Example'}:\n${examples}`);
  command.action(async () => runCommand(spec, command.processedArgs as (string | string[])[], command.opts()));
}
