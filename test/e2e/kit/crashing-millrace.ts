import { openJob } from '#job';
import type { OpenEngine } from '../../../apps/millrace/command.js';
import { composeJob } from '#compose';
import { processHost } from '../../../apps/millrace/host.js';
import { runProgram } from '../../../apps/millrace/program.js';
import { overKafka } from './kafka-engine.js';
import { tracedDeps } from './traced-ports.js';

/**
 * The command line, whose process is killed with SIGKILL at the step that CRASH_AT names (`step`, or `step#2` for its
 * second time): nothing of it runs afterwards, no handler, no clean-up. With TRACE_STEPS it tells them on stderr,
 * with MILLRACE_CRASH_BROKERS it runs over Kafka.
 */
const [step, nth = '1'] = (process.env['CRASH_AT'] ?? '').split('#');
let left = Number(nth);

function at(name: string): void | Promise<void> {
  if (process.env['TRACE_STEPS']) process.stderr.write(`step ${name}\n`);
  if (name !== step || --left > 0) return;
  process.kill(process.pid, 'SIGKILL');
  return new Promise(() => {});
}

const brokers = process.env['MILLRACE_CRASH_BROKERS']?.split(',');

const openEngine: OpenEngine = async (loaded, { settings }, onEvent) => {
  const deps = composeJob(loaded, settings, onEvent);
  return openJob(tracedDeps(brokers === undefined ? deps : overKafka(deps, brokers), at));
};

process.exit(await runProgram(process.argv.slice(2), processHost(), openEngine));
