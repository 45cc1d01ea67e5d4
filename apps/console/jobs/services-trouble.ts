import { troublesInWords } from '#registry';
import type { ConsoleParts } from '../console-parts.js';

/** What services have trouble with that they wait out for this job, for people; undefined where there is none. */
export async function servicesTrouble(
  { list, timers }: Pick<ConsoleParts, 'list' | 'timers'>,
  name: string,
): Promise<string | undefined> {
  const { troubles } = await list();
  return troublesInWords(await troubles.of(name), new Date(timers.now()));
}
