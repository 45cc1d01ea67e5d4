import type { CollectionRef } from '#store';

/** Which load of a job. */
export interface Incarnation {
  /** Counts up from 1 with each load, and begins anew where the job was forgotten. */
  incarnation: number;
  /** Drawn for each load: where a number comes again, it is told apart from the load that had it before. */
  incarnationId: string;
}

/**
 * The names of everything that one load of a job owns in its state database and in the log. The incarnation's number and id are
 * part of each: nothing late from an earlier load can act on what a later one has made, nor what is late from a job that was
 * reset or completed on what a new one of its name has.
 */
export class IncarnationNames implements Incarnation {
  readonly incarnation: number;
  readonly incarnationId: string;
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
  constructor({ incarnation, incarnationId }: Incarnation) {
    this.incarnation = incarnation;
    this.incarnationId = incarnationId;
    this.fences = this.state('fences');
    this.claims = this.state('claims');
    this.letters = this.state('letters');
    this.tasks = this.state('tasks');
    this.chunks = this.state('chunks');
    this.builds = this.state('builds');
    this.rereads = this.state('rereads');
  }

  stage(table: number): CollectionRef {
    return { database: 'state', name: `stage_${this.label}_${table}` };
  }

  rowsFence(partition: number): string {
    return `rows:${partition}`;
  }

  touchesFence(partition: number): string {
    return `touches:${partition}`;
  }

  topic(job: string, topic: 'load-tasks' | 'rows' | 'build-tasks' | 'touches'): string {
    return `millrace.${job}.${this.label}.${topic}`;
  }

  private state(kind: string): CollectionRef {
    return { database: 'state', name: `${kind}_${this.label}` };
  }

  private get label(): string {
    return `${this.incarnation}-${this.incarnationId}`;
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
