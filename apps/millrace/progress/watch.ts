import type { CommandContext } from '../command.js';
import { Calm } from './calm.js';
import type { Watcher } from './watcher.js';

/** What suits the place: bars on a terminal, log lines elsewhere; and with `events` JSON lines on stdout besides. */
export async function watchersFor(
  context: CommandContext,
  job: string,
  { events }: { events: boolean },
): Promise<Watcher[]> {
  const { terminal, host } = context;
  const watchers: Watcher[] = [];
  const now = (): number => host.now();
  if (terminal.canDraw) {
    const { Bars } = await import('./bars.js');
    watchers.push(new Calm(new Bars(terminal, host), now));
  } else {
    const { loggerOf } = await import('../logger.js');
    const { LogLines } = await import('./log-lines.js');
    watchers.push(new Calm(new LogLines(loggerOf(context, job), now), now));
  }
  if (events && terminal.json) {
    const { JsonLines } = await import('./json-lines.js');
    watchers.push(new JsonLines(terminal, host));
  }
  return watchers;
}
