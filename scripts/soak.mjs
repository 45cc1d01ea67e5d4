import { parseArgs } from 'node:util';
import './root.mjs';
import { ensureBuilt } from './build.mjs';
import { ensureInstalled } from './install.mjs';
import { main, packageProgram, runNode, say } from './run.mjs';
import { ensureSystemPackages } from './system-packages.mjs';

const HELP = `npm run soak -- [--minutes N] [--seed N]

Runs two replicas of each service on real servers, all its own, under random changes and random faults (replicas killed, stopped,
standing still; servers killed; more replicas and fewer; loads anew), for 10 minutes unless told otherwise. After each fault
every document is held against SQL, and a reader watches that none goes back. Exits 1 where one does, or is wrong; the seed repeats
the statements and the order of faults.`;

/** Longer than the tests have time for. */
await main(async () => {
  const { values } = parseArgs({
    options: { minutes: { type: 'string' }, seed: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) {
    say(HELP);
    return 0;
  }
  for (const [name, value] of Object.entries(values)) {
    if (/^[1-9]\d{0,5}$/.test(String(value))) continue;
    say(`--${name} must be a whole number from 1`);
    return 2;
  }
  await ensureInstalled();
  await ensureSystemPackages();
  await ensureBuilt();
  const env = {
    ...process.env,
    NODE_OPTIONS: '--experimental-vm-modules --disable-warning=ExperimentalWarning',
    ...(values.minutes && { MILLRACE_SOAK_MINUTES: values.minutes }),
    ...(values.seed && { MILLRACE_TEST_SEED: values.seed }),
  };
  const jest = [packageProgram('jest/bin/jest.js'), '--testMatch', '**/*.soak.ts', '--forceExit'];
  return runNode(jest, { env });
});
