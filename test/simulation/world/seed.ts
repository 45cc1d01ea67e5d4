import type { TraceEntry } from '../kernel/index.js';
import type { SimWorld } from './sim-world.js';

export interface SeedResult {
  seed: number;
  steps: number;
  /** What is wrong, in words; undefined where everything held. */
  failure: string | undefined;
  /** How often each kind of fault happened. */
  reached: Map<string, number>;
  /** Of the faults that were not to happen, those that would have. */
  withheld: ReadonlySet<string>;
  /** With faults, once the job follows changes, as the seed has it. */
  stormSteps: number;
  /** From the end of faults until all was as it should be; undefined where it never was. */
  stepsToRest: number | undefined;
}

export interface SeedOptions {
  onTrace?: (entry: TraceEntry) => void;
  /** Handed over before anything happens in it. */
  onWorld?: (world: SimWorld) => void;
  /** Every role has two replicas, and one of each is lost when faults stop. */
  isOfProgress?: boolean;
  /** Only what `verify` finds at the end counts as wrong. */
  isJudgedByVerify?: boolean;
  /** So many steps with faults, in place of the seed's own number. */
  stormSteps?: number;
  /** Faults of the storm, by name, that do not happen. */
  without?: readonly string[];
}
