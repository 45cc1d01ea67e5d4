import { ConnectionLost } from '../kernel/index.js';

/** A connection to a member that is not the primary any more, or is not one for long. */
export class NotPrimary extends Error {
  override readonly name = 'NotPrimary';
}

/** Another open transaction has it, or it was changed after the snapshot: the transaction is aborted. */
export class WriteConflict extends Error {
  override readonly name = 'WriteConflict';
}

/** It was aborted, has outlived its time, or was a deposed primary's. */
export class NoSuchTransaction extends Error {
  override readonly name = 'NoSuchTransaction';
}

/** Of one document: for good. The transaction is aborted. */
export class Refused extends Error {
  override readonly name = 'Refused';

  constructor(
    readonly kind: 'duplicate' | 'validation' | 'tooLarge' | 'other',
    readonly indexName?: string,
  ) {
    super(kind);
  }
}

/** As the adapter judges what goes wrong: run again soon, run again with growing pauses, or do not. */
export type Verdict = 'conflict' | 'lost' | 'permanent';

export function verdictOf(error: unknown): Verdict {
  if (error instanceof ConnectionLost || error instanceof NotPrimary) return 'lost';
  if (error instanceof WriteConflict || error instanceof NoSuchTransaction) return 'conflict';
  return 'permanent';
}
