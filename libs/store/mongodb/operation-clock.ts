import { Binary, deserialize, serialize } from 'bson';
import type { ClientSession, ClusterTime, Timestamp } from 'mongodb';
import type { StoreTime } from '../store.js';

/**
 * The operation time of the newest thing that this store has done, or was told of. Each session starts from it, so by causal
 * consistency its reads wait for a state at least as new as everything that was written before, on whatever member or shard.
 *
 * What is told to another process has the cluster's time with it, which the cluster has signed: a server refuses an operation
 * time beyond the cluster's time that it knows.
 */
export class OperationClock {
  #latest: Timestamp | undefined;
  /** As this store's own connections have it; the driver sends it along by itself. */
  #cluster: ClusterTime | undefined;
  /** As another process has told it, where that is ahead of ours. */
  #ahead: ClusterTime | undefined;
  #told: { at: Timestamp; time: StoreTime } | undefined;
  #reached: StoreTime | undefined;

  advance(session: ClientSession): void {
    if (this.#ahead) session.advanceClusterTime(this.#ahead);
    if (this.#latest) session.advanceOperationTime(this.#latest);
  }

  observe({ operationTime, clusterTime }: ClientSession): void {
    this.#raise(operationTime);
    if (!clusterTime) return;
    this.#cluster = clusterTime;
    if (this.#ahead && !isAhead(this.#ahead, clusterTime)) this.#ahead = undefined;
  }

  time(): StoreTime | undefined {
    const at = this.#latest;
    if (!at) return undefined;
    if (this.#told?.at !== at) {
      // Where the servers do not sign, they do not compare either.
      const cluster = this.#cluster?.signature && this.#cluster;
      const bytes = serialize({ at, cluster }, { ignoreUndefined: true });
      this.#told = { at, time: new Binary(bytes).toString('base64') };
    }
    return this.#told.time;
  }

  reach(time: StoreTime): void {
    if (time === this.#reached || time === this.#told?.time) return;
    this.#reached = time;
    const { at, cluster } = deserialize(Binary.createFromBase64(time).buffer, { promoteLongs: false });
    this.#raise(at);
    if (cluster && isAhead(cluster, this.#cluster) && isAhead(cluster, this.#ahead)) this.#ahead = cluster;
  }

  #raise(at: Timestamp | undefined): void {
    if (at && (!this.#latest || at.greaterThan(this.#latest))) this.#latest = at;
  }
}

function isAhead(time: ClusterTime, of: ClusterTime | undefined): boolean {
  return of === undefined || time.clusterTime.greaterThan(of.clusterTime);
}
