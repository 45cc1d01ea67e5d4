import type { TransactionSnapshot } from '../../../../libs/sources/postgres/visibility.js';
import { ServerError } from './server-error.js';
import type { Session } from './sessions.js';

/** Snapshots that a session lets others take part in, for as long as its transaction lasts. */
export class ExportedSnapshots {
  private exported = new Map<string, { snapshot: TransactionSnapshot; session: Session }>();
  private count = 0;

  /** Returns by what name it is imported. */
  export(session: Session, snapshot: TransactionSnapshot): string {
    const name = `00000003-${(++this.count).toString(16).toUpperCase().padStart(8, '0')}-1`;
    this.exported.set(name, { snapshot, session });
    session.onEnd(() => {
      if (this.exported.get(name)?.session === session) this.exported.delete(name);
    });
    return name;
  }

  import(name: string): TransactionSnapshot {
    const exported = this.exported.get(name);
    if (!exported) throw new ServerError('42704', `the snapshot ${name} does not exist`);
    return exported.snapshot;
  }

  /** A server that starts again gives the same names once more. */
  startAgain(): void {
    this.exported = new Map();
    this.count = 0;
  }
}
