import type { CommandContext } from '../command.js';
import type { Watcher } from './watcher.js';

/** What suits the place: bars on a terminal, log lines elsewhere; and with `events` JSON lines on stdout besides. */
export async function watchersFor(
  context: CommandContext,
  job: string,
  { events }: { events: boolean },
): Promise<Watcher[]> {
  const { terminal, host } = context;
  const watchers: Watcher[] = [];
  if (terminal.canDraw) {
    const { Bars } = await import('./bars.js');
    watchers.push(new Bars(terminal, host));
  } else {
    const { loggerOf } = await import('../logger.js');
    const { LogLines } = await import('./log-lines.js');
    watchers.push(new LogLines(loggerOf(context, job), () => host.now()));
  }
  if (events && terminal.json) {
    const { JsonLines } = await import('./json-lines.js');
    watchers.push(new JsonLines(terminal, host));
  }
  return watchers;
}
