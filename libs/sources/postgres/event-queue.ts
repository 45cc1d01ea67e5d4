import type { DecodedEvent } from './pgoutput-decoder.js';

export interface DecodedBatch {
  events: DecodedEvent[];
  bytes: number;
}

/** Larger batches than this are begun anew: what a consumer takes at once stays bounded. */
const BATCH_MAX_BYTES = 512 * 1024;

/**
 * Between the socket and the consumer: what the socket adds while the consumer is busy is taken as one batch, which makes
 * batches grow exactly when the consumer is the slower one.
 */
export class EventQueue {
  /** Of everything not yet taken. */
  bytes = 0;
  private current: DecodedBatch = { events: [], bytes: 0 };
  private readonly full: DecodedBatch[] = [];
  private waiting: (() => void) | undefined;
  private end: { error?: unknown } | undefined;

  /** To append decoded events to; then `added`. */
  get events(): DecodedEvent[] {
    return this.current.events;
  }

  added(bytes: number): void {
    if (this.isClosed) {
      this.current.events.length = 0;
      return;
    }
    this.bytes += bytes;
    this.current.bytes += bytes;
    if (this.current.bytes < BATCH_MAX_BYTES) return;
    this.full.push(this.current);
    this.current = { events: [], bytes: 0 };
  }

  /** Lets the consumer have what is there. */
  flush(): void {
    if (this.full.length === 0 && this.current.events.length === 0 && !this.end) return;
    this.waiting?.();
    this.waiting = undefined;
  }

  /** What was added before is still handed over where the stream broke by itself; then the error is thrown. */
  fail(error: unknown): void {
    this.end ??= { error };
    this.flush();
  }

  /** Nothing more is handed over: what was not taken is gone, and what the socket still adds would come with a gap before it. */
  close(): void {
    this.end = {};
    this.full.length = 0;
    this.current = { events: [], bytes: 0 };
    this.bytes = 0;
    this.flush();
  }

  private get isClosed(): boolean {
    return this.end !== undefined && !('error' in this.end);
  }

  /** Undefined at the end. */
  async take(): Promise<DecodedBatch | undefined> {
    for (;;) {
      if (this.isClosed) return undefined;
      const batch = this.full.shift() ?? this.takeCurrent();
      if (batch) {
        this.bytes -= batch.bytes;
        return batch;
      }
      if (this.end) throw this.end.error;
      await new Promise<void>((resolve) => {
        this.waiting = resolve;
      });
    }
  }

  private takeCurrent(): DecodedBatch | undefined {
    if (this.current.events.length === 0) return undefined;
    const batch = this.current;
    this.current = { events: [], bytes: 0 };
    return batch;
  }
}
