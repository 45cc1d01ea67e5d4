import { readFileSync, writeSync } from 'node:fs';

/**
 * Loaded into a measured process by `--import`: at its end it says what it has used, exactly and on every platform.
 * Where the benchmark dies, it ends the process, which would otherwise look for its servers for ever.
 */
const USAGE_FD = 3;

process.on('exit', () => {
  try {
    writeSync(USAGE_FD, JSON.stringify(usage()));
  } catch {
    // Nobody is left to be told; what is thrown here would keep the process alive.
  }
});
process.on('disconnect', () => process.exit(1));
process.channel?.unref();

function usage(): { cpuSeconds: number; peakBytes: number } {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  return { cpuSeconds: (userCPUTime + systemCPUTime) / 1e6, peakBytes: highWaterMark() ?? maxRSS * 1024 };
}

/** Of this program; `maxRSS` may be that of the process that it was started from. */
function highWaterMark(): number | undefined {
  if (process.platform !== 'linux') return undefined;
  const kib = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  return kib === undefined ? undefined : Number(kib) * 1024;
}
