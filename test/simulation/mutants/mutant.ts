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
  /**
   * Whether `verify`, by itself, must find what it leaves: each seed is judged by that alone, too. `shared`: it is in the making of documents
   * from their rows, which verify shares by design; that it finds their like is shown where somebody else leaves such documents
   * (`world/damage.ts`).
   */
  verify?: 'finds' | 'shared';
  /** Of what the simulated world does not have, or has very seldom: the tests that must fail, as Jest finds them. They are run first. */
  tests?: string[];
}
