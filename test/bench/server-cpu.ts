import { readFile } from 'node:fs/promises';

/** The kernel tells times in hundredths of a second, whatever its own clock is. */
const TICKS_PER_SECOND = 100;

/** CPU seconds that a process has used so far; undefined where there is no /proc to ask. */
export async function cpuSecondsOf(pid: number): Promise<number | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (stat === undefined) return undefined;
  const afterName = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(afterName[11]) + Number(afterName[12])) / TICKS_PER_SECOND;
}
