import { Redactor } from '#observability/redaction';
import type { OpenEngine } from './command.js';
import type { Host } from './host.js';
import { runProgram } from './program.js';

const openEngine: OpenEngine = async (...args) => (await import('./engine/open-engine.js')).openEngine(...args);

/** The command line as a function of its arguments and the outside: resolves with the exit code, never rejects. */
export function cli(args: readonly string[], host: Host, redactor = new Redactor()): Promise<number> {
  return runProgram(args, host, openEngine, redactor);
}
