import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Bench } from './bed.js';
import { type Figure, summarise } from './figures.js';
import { describeMachine } from './machine.js';
import { parseOptions } from './options.js';
import { formatReport, type Report } from './report.js';
import { runDistributed } from './distributed/run-distributed.js';
import { type RunResult, runOnce } from './run.js';
import { workloadSize } from './workload.js';

/** Measures Millrace as users run it, on real servers. The marks are told, the exit code does not depend on them. */
async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2));
  const cpuProf = options.cpuProf === undefined ? undefined : resolve(options.cpuProf);
  if (cpuProf !== undefined) await mkdir(cpuProf, { recursive: true });
  const startedMs = performance.now();
  const bench: Bench = {
    options: { ...options, cpuProf },
    size: workloadSize(options.rowsScale),
    signal: stopSignal(),
    say: (line) =>
      process.stderr.write(`${((performance.now() - startedMs) / 1000).toFixed(1).padStart(7)} s  ${line}\n`),
  };
  const machine = await describeMachine();
  const figures: Figure[] = [];
  let last: RunResult | undefined;
  for (let run = 1; run <= options.runs; run++) {
    bench.say(`run ${run} of ${options.runs}`);
    last = await (options.distributed ? runDistributed(bench) : runOnce(bench));
    for (const { measure, name, value, unit } of last.figures)
      bench.say(`  ${measure} ${name}: ${value.toPrecision(4)} ${unit}`);
    figures.push(...last.figures);
  }
  const { postgres = '', mongodb = '', ...others } = last?.versions ?? {};
  const versions = { PostgreSQL: postgres, MongoDB: mongodb, ...others };
  const report: Report = {
    machine,
    versions,
    runs: options.runs,
    rowsScale: options.rowsScale,
    figures: summarise(figures),
  };
  process.stdout.write(`${options.json ? JSON.stringify(report) : formatReport(report)}\n`);
}

/** Ends the measured processes; the servers and all data are removed on the way out. A second signal ends at once. */
function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => controller.abort());
  return controller.signal;
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
