import { COUNTERS, ROWS } from './rows.js';

/** Campaigns of so many seeds have to reach every row that is simulated. */
export const COMPLETE_SEEDS = 3_000;

/** For people: what a campaign reached, the rows of the fault matrix last, in their words. */
export function summaryOf(reached: ReadonlyMap<string, number>): string[] {
  const others = [...reached].filter(([name]) => !COUNTERS.includes(name)).sort();
  const rows = ROWS.flatMap(({ simulated = [], fault }) =>
    simulated.map((counter) => `${times(reached.get(counter))}  ${counter.padEnd(4)}  ${fault}`),
  );
  return [...others.map(([name, count]) => `${times(count)}  ${name}`), 'of the fault matrix:', ...rows];
}

/** Counters of the fault matrix that were never reached, with their rows' words. */
export function neverReached(reached: ReadonlyMap<string, number>): string[] {
  return ROWS.flatMap(({ simulated = [], fault }) =>
    simulated.filter((counter) => !reached.get(counter)).map((counter) => `${counter} (${fault})`),
  );
}

const times = (count = 0): string => String(count).padStart(9);
