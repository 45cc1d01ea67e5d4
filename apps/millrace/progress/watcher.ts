import type { JobEvent } from '#job';

/** Something that shows a person how a job gets on. */
export interface Watcher {
  take(event: JobEvent): void;
  /** Leaves the terminal as it was. */
  end(): void;
}

/** Lets the first through, and then one per interval and subject: the latest wins, and what ends a subject always passes. */
export class Throttle {
  private readonly lastMs = new Map<string, number>();

  constructor(private readonly intervalMs: number) {}

  passes(subject: string, nowMs: number, isLast: boolean): boolean {
    const last = this.lastMs.get(subject);
    if (!isLast && last !== undefined && nowMs - last < this.intervalMs) return false;
    this.lastMs.set(subject, nowMs);
    return true;
  }
}

export function subjectOf(event: JobEvent): string {
  switch (event.kind) {
    case 'progress':
      return `progress ${event.stage}`;
    case 'verify':
      return `verify ${event.collection}`;
    default:
      return event.kind;
  }
}

/** Whether nothing else will come on this subject, so that it must not be left out. */
export function isLast(event: JobEvent): boolean {
  switch (event.kind) {
    case 'progress':
      return event.tables.every(({ done }) => done);
    case 'verify':
      return event.documents >= event.total;
    case 'streaming':
      return false;
    default:
      return true;
  }
}
