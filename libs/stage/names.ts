import type { CollectionRef } from '#store';

/**
 * The names of everything that one load of a job owns in its state database. The incarnation's number is part of each:
 * nothing late from an earlier load can act on what a later one has made.
 */
export class IncarnationNames {
  readonly incarnation: number;
  readonly fences: CollectionRef;
  readonly claims: CollectionRef;
  readonly letters: CollectionRef;
  /** Fan-outs of look-up rows that have very many roots. */
  readonly tasks: CollectionRef;
  /** Chunks of the load. */
  readonly chunks: CollectionRef;
  /** Ranges of roots that building touches. */
  readonly builds: CollectionRef;
  /** Rows that the capture is asked to read again. */
  readonly rereads: CollectionRef;

  /** In the constructor: a field's own initialiser would run before the number is there. */
  constructor(incarnation: number) {
    this.incarnation = incarnation;
    this.fences = this.state('fences');
    this.claims = this.state('claims');
    this.letters = this.state('letters');
    this.tasks = this.state('tasks');
    this.chunks = this.state('chunks');
    this.builds = this.state('builds');
    this.rereads = this.state('rereads');
  }

  stage(table: number): CollectionRef {
    return { database: 'state', name: `stage_${this.incarnation}_${table}` };
  }

  rowsFence(partition: number): string {
    return `rows:${partition}`;
  }

  touchesFence(partition: number): string {
    return `touches:${partition}`;
  }

  topic(job: string, topic: 'load-tasks' | 'rows' | 'build-tasks' | 'touches'): string {
    return `millrace.${job}.${this.incarnation}.${topic}`;
  }

  private state(kind: string): CollectionRef {
    return { database: 'state', name: `${kind}_${this.incarnation}` };
  }
}

/** One partition, no records: whoever has it in the topic's group runs the job, and so captures. It outlives incarnations. */
export function electionTopic(job: string): string {
  return `millrace.${job}.capture`;
}

/** The job's own record, its lease, its requests and audit trail: they outlive incarnations. */
export const JOB = { database: 'state', name: 'job' } as const satisfies CollectionRef;
export const REQUESTS = { database: 'state', name: 'requests' } as const satisfies CollectionRef;
export const AUDIT = { database: 'state', name: 'audit' } as const satisfies CollectionRef;
export const JOB_ID = 'job';
export const LEASE_ID = 'lease';
