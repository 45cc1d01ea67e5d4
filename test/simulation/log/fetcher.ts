import type { Connection } from './connection.js';
import type { Heard } from './membership.js';
import type { Fetched } from './sim-broker.js';

export interface FetcherParts {
  connection: Connection;
  topic: string;
  heard: () => Heard | undefined;
  /** The next offset of each partition that is wanted. */
  next: () => ReadonlyMap<number, number>;
  /** The next fetch goes out when it resolves. */
  onFetched: (fetched: readonly Fetched[]) => Promise<void>;
  onFailed: (error: unknown) => void;
}

/** Fetches for a consumer, one request at a time. Where there is nothing the broker answers when there is. */
export class Fetcher {
  #wake = (): void => undefined;
  #isRunning = false;
  #askedMs: number | undefined;
  #ended = false;

  constructor(private readonly parts: FetcherParts) {}

  /** What is wanted has changed. */
  wake(): void {
    this.#wake();
    if (this.#isRunning || this.#ended) return;
    this.#isRunning = true;
    this.#run().catch((error: unknown) => this.parts.onFailed(error));
  }

  /** Since it asked, where it has no answer. */
  get silentMs(): number {
    return this.#askedMs === undefined ? 0 : this.parts.connection.timers.elapsed() - this.#askedMs;
  }

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  async #run(): Promise<void> {
    const { connection, topic, onFetched } = this.parts;
    while (!this.#ended) {
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      const isWanted = () => !this.#ended;
      const fetched = await connection.patiently(topic, () => this.#fetch(), { isWanted });
      if (fetched === undefined) await woken;
      else await onFetched(fetched);
    }
  }

  /** Undefined: there is nothing yet. */
  async #fetch(): Promise<readonly Fetched[] | undefined> {
    const { connection, topic, heard, next } = this.parts;
    const wanted = next();
    const as = heard();
    if (as === undefined) return undefined;
    const wake = this.#wake;
    this.#askedMs = connection.timers.elapsed();
    const fetched = await connection.call(`fetch ${topic}`, (broker) =>
      // By the time that it is carried out it may have heard more.
      broker.fetch({ topic, ...(heard() ?? as), next: wanted, wake }),
    );
    this.#askedMs = undefined;
    return fetched.length === 0 ? undefined : fetched;
  }
}
