import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cli } from '../../apps/millrace/cli.js';
import type { OpenEngine } from '../../apps/millrace/command.js';
import { runProgram } from '../../apps/millrace/program.js';
import { RecordedHost } from '../../apps/millrace/recorded-host.js';

export interface CliResult {
  code: number;
  out: string;
  err: string;
  /** What stdout holds, a JSON value a line. */
  json: unknown[];
}

/** The command line as users have it, with the real engine or the one given, in a folder of its own. */
export interface CliContext extends AsyncDisposable {
  folder: string;
  /** Writes a file into the folder and gives its path. */
  file(name: string, text: string): Promise<string>;
  run(args: readonly string[], env?: Record<string, string>): Promise<CliResult>;
  /** As `run`, for what goes on until it is stopped through its host. */
  start(args: readonly string[], env?: Record<string, string>): StartedCli;
}

export interface StartedCli {
  host: RecordedHost;
  /** The exit code. */
  ended: Promise<number>;
}

export async function cliContext(engine?: OpenEngine): Promise<CliContext> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-cli-'));
  return {
    folder,
    async file(name, text) {
      const path = join(folder, name);
      await writeFile(path, text);
      return path;
    },
    start: (args, env) => start(args, env, engine),
    async run(args, env = {}) {
      const { host, ended } = start(args, env, engine);
      const code = await ended;
      return {
        code,
        out: host.out,
        err: host.err,
        get json() {
          return host.json;
        },
      };
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

function start(args: readonly string[], env: Record<string, string> = {}, engine?: OpenEngine): StartedCli {
  const host = new RecordedHost();
  Object.assign(host.env, env);
  return { host, ended: engine === undefined ? cli(args, host) : runProgram(args, host, engine) };
}
