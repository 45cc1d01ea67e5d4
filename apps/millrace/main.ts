import type { OpenEngine } from './command.js';
import { type Host, processHost } from './host.js';
import { runProgram } from './program.js';

const openEngine: OpenEngine = async (...args) => (await import('./engine/open-engine.js')).openEngine(...args);

/** The command line as a function of its arguments and the outside: resolves with the exit code, never rejects. */
export function main(args: readonly string[], host: Host = processHost()): Promise<number> {
  return runProgram(args, host, openEngine);
}

/** The process itself: ends with the exit code once all output is out, whatever is still open. */
export async function runProcess(): Promise<void> {
  const host = processHost();
  for (const stream of [process.stdout, process.stderr]) stream.on('error', endQuietly);
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => {
      const text = error instanceof Error ? error.message : String(error);
      void import('#observability').then(({ Redactor }) => {
        process.stderr.write(`error UNEXPECTED: ${new Redactor().redact(text.split('\n')[0] ?? '')}\n`);
        process.exit(1);
      });
    });
  }
  const code = await main(process.argv.slice(2), host);
  await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
  process.exit(code);
}

/** Whoever read the output has gone (`| head`): there is nobody to tell, and nothing to tell. */
function endQuietly(error: NodeJS.ErrnoException): void {
  process.exit(error.code === 'EPIPE' ? 0 : 1);
}

function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.write('', () => resolve());
  });
}
