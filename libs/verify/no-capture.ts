import { MillraceError } from '#errors';
import { LOWEST } from '#model';
import type { CaptureControl } from './ports.js';
import { VERIFY_ERRORS } from './verify.codes.js';

/** For `snapshot` mode: nothing is under way, so all that there is has drained; and there is no marker to repair at. */
export const noCapture: CaptureControl = {
  visible: async () => LOWEST,
  drained: async () => {},
  appendAtMarker: async () => {
    throw repairRefused();
  },
};

export function repairRefused(): MillraceError {
  return new MillraceError(
    VERIFY_ERRORS.VERIFY_REPAIR_SNAPSHOT,
    'a job in snapshot mode cannot be repaired document by document: load it again with `millrace run --fresh`',
  );
}
