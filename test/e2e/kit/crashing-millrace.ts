import { openJob } from '#job';
import type { OpenEngine } from '../../../apps/millrace/command.js';
import { composeJob } from '../../../apps/millrace/engine/compose.js';
import { processHost } from '../../../apps/millrace/host.js';
import { runProgram } from '../../../apps/millrace/program.js';
import { tracedDeps } from './traced-ports.js';

/**
 * The command line, whose process is killed with SIGKILL at the step that CRASH_AT names (`step`, or `step#2` for its
 * second time): nothing of it runs afterwards, no handler, no clean-up. With TRACE_STEPS it tells them on stderr.
 */
const [step, nth = '1'] = (process.env['CRASH_AT'] ?? '').split('#');
let left = Number(nth);

function at(name: string): void | Promise<void> {
  if (process.env['TRACE_STEPS']) process.stderr.write(`step ${name}\n`);
  if (name !== step || --left > 0) return;
  process.kill(process.pid, 'SIGKILL');
  return new Promise(() => {});
}

const openEngine: OpenEngine = async (loaded, { settings }, onEvent) =>
  openJob(tracedDeps(composeJob(loaded, settings, onEvent), at));

process.exit(await runProgram(process.argv.slice(2), processHost(), openEngine));
