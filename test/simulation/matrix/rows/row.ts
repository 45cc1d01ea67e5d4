/** A test by its file and its title as it is written there; of one that is run for several cases, the case. */
export type TestLink = readonly [file: string, title: string, example?: string];

/** One row of the fault matrix: what may go wrong, what must come of it, and how that is known. */
export interface MatrixRow {
  name: `F${number}`;
  fault: string;
  where: string;
  expected: string;
  /** Counters of the simulation that a campaign has to reach. */
  simulated?: readonly string[];
  tests?: readonly TestLink[];
  /** What of it nothing shows yet, and why. */
  open?: string;
}
