import type { ClientSession, MongoClient } from 'mongodb';

/** The codes by which a server ends a transaction, or refuses one of its operations. */
export const CODE = { duplicateKey: 11_000, writeConflict: 112, noSuchTransaction: 251, timedOut: 50 } as const;

/** A transaction as the driver alone has it, with the concerns of the adapter's: nothing is run again. */
export class RawTransaction implements AsyncDisposable {
  readonly session: ClientSession;

  constructor(client: MongoClient) {
    this.session = client.startSession({ causalConsistency: true });
    this.session.startTransaction({ readConcern: { level: 'snapshot' }, writeConcern: { w: 'majority' } });
  }

  commit(): Promise<void> {
    return this.session.commitTransaction();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.session.inTransaction()) await this.session.abortTransaction().catch(() => undefined);
    await this.session.endSession();
  }
}

export interface ServerSays {
  code?: unknown;
  /** It may be run again from its start. */
  isTransient: boolean;
}

/** What the server says of work that it refuses. */
export async function refusalOf(work: Promise<unknown>): Promise<ServerSays> {
  try {
    await work;
  } catch (error) {
    const { code, errorLabels = [] } = error as { code?: unknown; errorLabels?: readonly string[] };
    return { code, isTransient: errorLabels.includes('TransientTransactionError') };
  }
  throw new Error('it was not refused');
}
