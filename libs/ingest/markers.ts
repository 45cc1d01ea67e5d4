import { randomUUID } from 'node:crypto';
import type { Position } from '#model';
import type { Source } from '#sources';

/** Appends made where a marker stands in the order of the river. */
export type AtMarker = (at: Position) => readonly Promise<void>[];

interface Waiting {
  atMarker: AtMarker;
  returned: (at: Position) => void;
  failed: (error: unknown) => void;
}

/**
 * Entries written into the source's own log and seen again where they stand in it. Written anew by nobody: one that the
 * stream has not yet confirmed comes again after a reconnect, and a repeat of one that has returned is ignored.
 */
export class Markers {
  private readonly waiting = new Map<string, Waiting>();
  private closed: { reason: unknown } | undefined;

  constructor(
    private readonly source: Source,
    private readonly job: string,
    /** Repeats the write on transient trouble, until the engine stops. */
    private readonly patiently: <T>(work: () => Promise<T>) => Promise<T>,
  ) {}

  /**
   * Writes a marker; when it comes back, `atMarker` appends in its place, before anything later. Resolves with its position
   * when it came back, not when those appends have resolved.
   */
  async write(atMarker: AtMarker = () => []): Promise<Position> {
    if (this.closed) throw this.closed.reason;
    const id = randomUUID();
    const returned = new Promise<Position>((resolve, reject) => {
      this.waiting.set(id, { atMarker, returned: resolve, failed: reject });
    });
    returned.catch(() => undefined);
    await this.patiently(() => this.source.writeMarker(this.job, id));
    return returned;
  }

  /** A marker came by in the stream. */
  returned(id: string, at: Position): readonly Promise<void>[] {
    const waiting = this.waiting.get(id);
    if (waiting === undefined) return [];
    this.waiting.delete(id);
    const appends = waiting.atMarker(at);
    waiting.returned(at);
    return appends;
  }

  close(reason: unknown): void {
    this.closed = { reason };
    for (const waiting of this.waiting.values()) waiting.failed(reason);
    this.waiting.clear();
  }
}
