import { ACTOR_ROWS } from './rows/actors.js';
import { OTHER_ROWS } from './rows/rest.js';
import type { MatrixRow } from './rows/row.js';
import { SERVER_ROWS } from './rows/servers.js';

/** The fault matrix, in the order of its numbers; 40 and 42 were never given. */
export const ROWS: readonly MatrixRow[] = [...ACTOR_ROWS, ...SERVER_ROWS, ...OTHER_ROWS].sort(
  (a, b) => numberOf(a) - numberOf(b),
);

/** What a campaign has to have reached. */
export const COUNTERS: readonly string[] = ROWS.flatMap(({ simulated = [] }) => simulated);

export function numberOf({ name }: Pick<MatrixRow, 'name'>): number {
  return Number(name.slice(1));
}
