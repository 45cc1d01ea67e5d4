/** In `file`, `find` (which is there once) becomes `replace`. */
export interface Edit {
  file: string;
  find: string;
  replace: string;
}

/** A mechanism that is taken away, or a defect that is put in. */
export interface Mutant extends Edit {
  name: string;
  /** What DESIGN calls it, or the schedule that it is there against. */
  takesAway: string;
  /** What has to change with it. */
  also?: Edit[];
  /** Of what the simulated world does not have: the tests that must fail, as Jest finds them. */
  tests?: string[];
}
