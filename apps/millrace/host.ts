import { userInfo } from 'node:os';
import { createInterface } from 'node:readline/promises';

export type StopSignalName = 'SIGINT' | 'SIGTERM';

/** The part of a stream that the command line needs. */
export interface OutStream {
  write(text: string, written?: () => void): boolean;
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}

/** Everything outside of the command line, so that a test can stand in for all of it. */
export interface Host {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: OutStream;
  readonly stderr: OutStream;
  /** Who does it, for the audit trail. */
  readonly user: string;
  /** Asks on the terminal; undefined where there is none. */
  ask: ((question: string) => Promise<string>) | undefined;
  /** Milliseconds that only rise. */
  now(): number;
  /** Returns what ends the listening. */
  onSignal(listener: (name: StopSignalName) => void): () => void;
  /** Ends the process at once. */
  exit(code: number): void;
}

/** The real outside. This and `main.ts` are where the process is touched. */
export function processHost(): Host {
  return {
    env: process.env,
    stdout: process.stdout,
    stderr: process.stderr,
    user: userName(),
    ask: process.stdin.isTTY && process.stderr.isTTY ? askOnTerminal : undefined,
    now: () => performance.now(),
    onSignal(listener) {
      process.on('SIGINT', listener);
      process.on('SIGTERM', listener);
      return () => process.off('SIGINT', listener).off('SIGTERM', listener);
    },
    exit: (code) => process.exit(code),
  };
}

async function askOnTerminal(question: string): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await terminal.question(question);
  } finally {
    terminal.close();
  }
}

/** A user id without a name, as in many containers, has none. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown');
  }
}
