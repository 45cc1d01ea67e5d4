import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import './root.mjs';
import { build } from './build.mjs';
import { ensureInstalled } from './install.mjs';
import { main, packageProgram, runNode, say } from './run.mjs';
import { ensureSystemPackages } from './system-packages.mjs';

/**
 * Everything that must hold: installs, builds, lints, type-checks, runs all tests (or those that the arguments name).
 * A step that fails does not keep the later ones from being run, and counts as one failure beside the tests'.
 */
const steps = [
  ['build', build],
  ['lint', () => runNode(['scripts/lint.mjs'])],
  ['typecheck', () => runNode([packageProgram('typescript/bin/tsc'), '-p', 'tsconfig.json', '--noEmit'])],
];

await main(async () => {
  const failures = [];
  let tests = { passed: 0, failed: 0, pending: 0 };
  try {
    await ensureInstalled();
    await ensureSystemPackages();
    for (const [name, step] of steps) {
      say(`\n== ${name}`);
      if ((await step()) !== 0) failures.push(name);
    }
    say('\n== tests');
    tests = await runTests(process.argv.slice(2));
  } catch (error) {
    failures.push(error.message);
  }
  return conclude(tests, failures);
});

function conclude(tests, failures) {
  for (const name of failures) say(`failed: ${name}`);
  if (tests.pending > 0) say(`${tests.pending} tests were not run`);
  const failed = tests.failed + failures.length;
  say(`${tests.passed} passed, ${failed} failed`);
  return failed > 0 || tests.passed === 0 ? 1 : 0;
}

/** A test file that cannot even be run counts as one failed test, as does a run that fails for a reason of its own. */
async function runTests(args) {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-test-'));
  const outputFile = join(folder, 'result.json');
  try {
    const nodeOptions = '--experimental-vm-modules --disable-warning=ExperimentalWarning';
    const env = { ...process.env, NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} ${nodeOptions}`.trim() };
    const jest = [packageProgram('jest/bin/jest.js'), '--ci', '--json', `--outputFile=${outputFile}`, ...args];
    const code = await runNode(jest, { env, stdio: ['ignore', 'ignore', 'inherit'] });
    const result = JSON.parse(await readFile(outputFile, 'utf8').catch(() => '{}'));
    const { numPassedTests: passed = 0, numFailedTests = 0, numRuntimeErrorTestSuites = 0 } = result;
    const failed = numFailedTests + numRuntimeErrorTestSuites;
    const pending = (result.numPendingTests ?? 0) + (result.numTodoTests ?? 0);
    for (const name of failedTests(result)) say(`failed: ${name}`);
    return { passed, pending, failed: code !== 0 && failed === 0 ? 1 : failed };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Said once more at the end, where a long output is read first. */
function failedTests({ testResults = [] }) {
  return testResults.flatMap(({ name: file, status, assertionResults }) => {
    const failed = assertionResults.filter((test) => test.status === 'failed').map(({ fullName }) => fullName);
    if (failed.length === 0 && status === 'failed') failed.push('cannot be run');
    return failed.map((test) => `${relative(process.cwd(), file)}: ${test}`);
  });
}
