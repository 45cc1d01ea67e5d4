import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import type { Random } from '../kernel/index.js';

let random: Random | undefined;

/** From now on `randomUUID` is drawn from the seed of the simulation that runs, for all of this process. */
export function seedUuids(of: Random): void {
  if (random === undefined) {
    crypto.randomUUID = () => (random as Random).uuid() as ReturnType<typeof crypto.randomUUID>;
    syncBuiltinESMExports();
  }
  random = of;
}
