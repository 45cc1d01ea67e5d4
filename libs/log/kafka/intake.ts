/** A partition as far as taking in goes. */
export interface IntakePartition {
  /** Queued and not completed. */
  readonly queuedBytes: number;
  /** By itself, whatever the others have. */
  readonly isFull: boolean;
  readonly hasRoom: boolean;
  /** The client does not fetch it. */
  isPaused: boolean;
}

export interface IntakeClient {
  pause(partition: number): void;
  resume(partition: number): void;
}

/** Of all partitions of a consumer together: what handlers work at, and what they need while the next is fetched. */
const LEAST_BYTES = 16 * 1024 * 1024;
/** Paused partitions go on below this part of the bound: a client with all of them paused looks up only now and then. */
const ROOM_AT = 0.75;

/**
 * What the partitions of one consumer have queued together is bounded, so that memory does not grow with their number.
 *
 * - **Bound.** While the sum is below it, any partition that is not full by itself takes. One that has nothing queued always
 *   takes what one fetch brings of it: so none waits for another one's handler, and the sum may exceed the bound by one fetch of
 *   each partition.
 * - **Refused** is what comes all the same of a partition that was paused meanwhile, or shared its response with one that
 *   used the bound up: the client fetches it again.
 */
export class Intake {
  readonly #maxBytes: number;

  constructor(
    private readonly partitions: ReadonlyMap<number, IntakePartition>,
    private readonly client: IntakeClient,
    partitionMaxBytes: number,
  ) {
    this.#maxBytes = Math.max(LEAST_BYTES, partitionMaxBytes);
  }

  /** Whether what came of the partition may be queued; if not, it is fetched again when there is room. */
  admits(index: number): boolean {
    const partition = this.partitions.get(index);
    if (partition === undefined) return false;
    if (partition.queuedBytes === 0 || this.#bytes() < this.#maxBytes) return true;
    this.#pause(index, partition);
    return false;
  }

  /** Something was queued: whoever has enough is not fetched for now. */
  taken(): void {
    const isUsedUp = this.#bytes() >= this.#maxBytes;
    for (const [index, partition] of this.partitions) {
      if (partition.queuedBytes > 0 && (isUsedUp || partition.isFull)) this.#pause(index, partition);
    }
  }

  /** Something was completed or given up, of any partition. */
  released(): void {
    const hasRoom = this.#bytes() <= this.#maxBytes * ROOM_AT;
    for (const [index, partition] of this.partitions) {
      if (!partition.isPaused || (partition.queuedBytes > 0 && !(hasRoom && partition.hasRoom))) continue;
      partition.isPaused = false;
      this.client.resume(index);
    }
  }

  #bytes(): number {
    let bytes = 0;
    for (const { queuedBytes } of this.partitions.values()) bytes += queuedBytes;
    return bytes;
  }

  #pause(index: number, partition: IntakePartition): void {
    if (partition.isPaused) return;
    partition.isPaused = true;
    this.client.pause(index);
  }
}
