import type { CaptureEvent, CaptureStream } from '../source.js';

/** Reads a stream's events one condition at a time, without losing what came in the same batch. */
export class CaptureReader {
  readonly seen: CaptureEvent[] = [];
  private readonly iterator: AsyncIterator<{ events: CaptureEvent[] }>;
  private at = 0;

  constructor(readonly stream: CaptureStream) {
    this.iterator = stream[Symbol.asyncIterator]();
  }

  /** The events up to and including the first one for which `last` holds. */
  async until(last: (event: CaptureEvent) => boolean): Promise<CaptureEvent[]> {
    const from = this.at;
    for (;;) {
      while (this.at < this.seen.length)
        if (last(this.seen[this.at++] as CaptureEvent)) return this.seen.slice(from, this.at);
      const { value, done } = await this.iterator.next();
      if (done) throw new Error('the stream ended before the event that was waited for');
      for (const event of value.events) this.seen.push(event);
    }
  }

  /** Up to the end of the transaction that holds the marker. */
  async untilMarker(id: string): Promise<CaptureEvent[]> {
    const before = await this.until((event) => event.op === 'marker' && event.id === id);
    return [...before, ...(await this.until((event) => event.op === 'commit'))];
  }

  confirmAll(): void {
    for (let i = this.at - 1; i >= 0; i--) {
      const event = this.seen[i] as CaptureEvent;
      if (event.op === 'commit') return this.stream.confirm(event.confirm);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stream.stop();
  }
}
