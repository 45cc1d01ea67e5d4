import type { CollectionRef, Doc, Store } from '#store';

const AUDIT: CollectionRef = { database: 'state', name: 'audit' };

export type JobAction =
  | 'create'
  | 'replaceFile'
  | 'run'
  | 'stop'
  | 'pause'
  | 'resume'
  | 'repair'
  | 'complete'
  | 'reset';

interface AuditEntry extends Doc {
  _id: string;
  at: Date;
  by: string;
  job: string;
  action: JobAction;
  details: Record<string, unknown>;
}

/** Who did what to a job of the list. It outlives the job; what was done to its letters is in the job's own state. */
export class JobAudit {
  private count = 0;

  constructor(
    private readonly store: Store,
    private readonly now: () => Date,
    /** Tells entries of one moment apart that several processes write. */
    private readonly writer: string,
  ) {}

  async note(job: string, action: JobAction, by: string, details: Record<string, unknown> = {}): Promise<void> {
    const at = this.now();
    const nth = String(++this.count).padStart(9, '0');
    const _id = `${job} ${at.toISOString()} ${nth} ${action} ${this.writer}`;
    await this.store.write.put(AUDIT, [{ _id, at, by, job, action, details }]);
  }

  /** Oldest first; ids begin with their time. */
  async list(job: string, { after = '', limit }: { after?: string | undefined; limit: number }) {
    const prefix = `${job} `;
    const range = { after: prefix + after, upTo: `${prefix}~` };
    const entries = await this.store.read.range<AuditEntry>(AUDIT, range, { limit });
    return entries.map(({ _id, at, by, action, details }) => ({
      id: _id.slice(prefix.length),
      at: at.toISOString(),
      by,
      action,
      details,
    }));
  }
}
