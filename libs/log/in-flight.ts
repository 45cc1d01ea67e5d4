interface Waiter {
  bytes: number;
  resolve(): void;
  reject(reason: unknown): void;
}

const AT_ONCE = Promise.resolve();

/**
 * Bounds the bytes that a producer has appended and not yet seen resolved: this is what carries back-pressure from a slow
 * target to the reader, since `append` itself never waits for room.
 *
 * - **Order.** Room is given in the order of asking, so a large record is not starved by small ones behind it.
 * - **Bound.** What is in flight never exceeds `maxBytes`, but for a single record larger than that, which goes alone.
 * - **Failure.** After `abort` everything that waits or asks later rejects with the reason; `release` stays allowed.
 */
export class InFlight {
  readonly #waiting: Waiter[] = [];
  #drains: Waiter[] = [];
  #bytes = 0;
  #aborted: { reason: unknown } | undefined;

  constructor(readonly maxBytes: number) {}

  get bytes(): number {
    return this.#bytes;
  }

  /** Takes room where there is some at once: for hot loops, so that they await only when they must. */
  tryRoom(bytes: number): boolean {
    if (this.#aborted || this.#waiting.length > 0 || !this.#fits(bytes)) return false;
    this.#bytes += bytes;
    return true;
  }

  /** Resolves when these bytes are within the bound; they count from then on until `release`. */
  room(bytes: number): Promise<void> {
    if (this.tryRoom(bytes)) return AT_ONCE;
    if (this.#aborted) return Promise.reject(this.#aborted.reason);
    return new Promise((resolve, reject) => this.#waiting.push({ bytes, resolve, reject }));
  }

  release(bytes: number): void {
    this.#bytes -= bytes;
    let given = 0;
    for (const waiter of this.#waiting) {
      if (!this.#fits(waiter.bytes)) break;
      this.#bytes += waiter.bytes;
      waiter.resolve();
      given++;
    }
    if (given > 0) this.#waiting.splice(0, given);
    if (this.#bytes === 0) this.#settleDrains((waiter) => waiter.resolve());
  }

  /** Resolves when nothing is in flight. */
  drained(): Promise<void> {
    if (this.#aborted) return Promise.reject(this.#aborted.reason);
    if (this.#bytes === 0) return AT_ONCE;
    return new Promise((resolve, reject) => this.#drains.push({ bytes: 0, resolve, reject }));
  }

  abort(reason: unknown): void {
    if (this.#aborted) return;
    this.#aborted = { reason };
    for (const waiter of this.#waiting.splice(0)) waiter.reject(reason);
    this.#settleDrains((waiter) => waiter.reject(reason));
  }

  #fits(bytes: number): boolean {
    return this.#bytes === 0 || this.#bytes + bytes <= this.maxBytes;
  }

  #settleDrains(settle: (waiter: Waiter) => void): void {
    const drains = this.#drains;
    this.#drains = [];
    for (const waiter of drains) settle(waiter);
  }
}
