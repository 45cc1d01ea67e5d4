import { Redactor } from '#observability/redaction';
import { cli } from './cli.js';
import { processHost } from './host.js';

/** Drawn progress hides the cursor; whatever ends the process gives it back. */
const SHOW_CURSOR_AND_WRAP = '\x1b[?25h\x1b[?7h';

const redactor = new Redactor();

for (const stream of [process.stdout, process.stderr]) stream.on('error', endQuietly);
process.on('exit', () => process.stderr.isTTY && process.stderr.write(SHOW_CURSOR_AND_WRAP));
process.on('uncaughtException', endWith);
process.on('unhandledRejection', endWith);

const code = await cli(process.argv.slice(2), processHost(), redactor);
await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
process.exit(code);

/** Whoever read the output has gone (`| head`): there is nobody to tell, and nothing to tell. */
function endQuietly(error: NodeJS.ErrnoException): void {
  process.exit(error.code === 'EPIPE' ? 0 : 1);
}

/** What nothing has caught; as safe as a kill: the next run goes on from what is durable. */
function endWith(error: unknown): void {
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const shown = process.env['MILLRACE_DEBUG'] && error instanceof Error ? error.stack : message.split('\n')[0];
  process.stderr.write(`error UNEXPECTED: ${redactor.redact(shown ?? '')}\n`, () => process.exit(1));
}

function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.write('', () => resolve());
  });
}
