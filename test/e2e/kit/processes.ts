import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../../..');
const PROGRAM = join(ROOT, 'bin/millrace.mjs');
const CRASHING = join(ROOT, 'dist/test/e2e/kit/crashing-millrace.js');

export interface MillraceProcess extends AsyncDisposable {
  child: ChildProcess;
  out: string;
  err: string;
  ended: Promise<{ code: number | null; signal: string | null }>;
  /** As by the kernel: at once, and resolves when it has ended. */
  kill(signal?: NodeJS.Signals): Promise<{ code: number | null; signal: string | null }>;
}

/** The built program as a process of its own (`npm test` builds before it runs anything). */
export function startMillrace(args: readonly string[], env: Record<string, string>): MillraceProcess {
  return start(PROGRAM, args, env);
}

/** The same program, killed at a step of the engine; see `crashing-millrace.ts`. */
export function startCrashing(at: string, args: readonly string[], env: Record<string, string>): MillraceProcess {
  return start(CRASHING, args, { ...env, CRASH_AT: at });
}

function start(program: string, args: readonly string[], env: Record<string, string>): MillraceProcess {
  const child = spawn(process.execPath, [program, ...args], { env: { PATH: process.env['PATH'], ...env } });
  const ended = endOf(child);
  const started: MillraceProcess = {
    child,
    out: '',
    err: '',
    ended,
    async kill(signal = 'SIGKILL') {
      child.kill(signal);
      return ended;
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await ended;
    },
  };
  child.stdout.on('data', (chunk) => (started.out += String(chunk)));
  child.stderr.on('data', (chunk) => (started.err += String(chunk)));
  return started;
}

async function endOf(child: ChildProcess): Promise<{ code: number | null; signal: string | null }> {
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  return { code, signal };
}
