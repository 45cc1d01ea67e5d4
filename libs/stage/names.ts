import type { CollectionRef } from '#store';

/**
 * The names of everything that one load of a job owns in its state database. The incarnation's number is part of each:
 * nothing late from an earlier load can act on what a later one has made.
 */
export class IncarnationNames {
  constructor(readonly incarnation: number) {}

  readonly fences = this.state('fences');
  readonly claims = this.state('claims');
  readonly letters = this.state('letters');
  /** Fan-outs of look-up rows that have very many roots. */
  readonly tasks = this.state('tasks');
  /** Chunks of the load. */
  readonly chunks = this.state('chunks');
  /** Ranges of roots that building touches. */
  readonly builds = this.state('builds');
  /** Rows that the capture is asked to read again. */
  readonly rereads = this.state('rereads');

  stage(table: number): CollectionRef {
    return { database: 'state', name: `stage_${this.incarnation}_${table}` };
  }

  rowsFence(partition: number): string {
    return `rows:${partition}`;
  }

  touchesFence(partition: number): string {
    return `touches:${partition}`;
  }

  topic(job: string, topic: 'capture' | 'load-tasks' | 'rows' | 'build-tasks' | 'touches'): string {
    return `millrace.${job}.${this.incarnation}.${topic}`;
  }

  private state(kind: string): CollectionRef {
    return { database: 'state', name: `${kind}_${this.incarnation}` };
  }
}

/** The job's own record, its lease, its requests and audit trail: they outlive incarnations. */
export const JOB = { database: 'state', name: 'job' } as const satisfies CollectionRef;
export const REQUESTS = { database: 'state', name: 'requests' } as const satisfies CollectionRef;
export const AUDIT = { database: 'state', name: 'audit' } as const satisfies CollectionRef;
export const JOB_ID = 'job';
export const LEASE_ID = 'lease';
