/** Where the queues are. */
export interface RedisPlace {
  /** `redis://…`, or `rediss://…` with TLS. */
  uri: string;
  /** What all keys begin with. */
  prefix: string;
}

export interface BullmqOptions extends RedisPlace {
  /** Touches of a queue in a second, by all replicas together. */
  retriesPerSecond: number;
  /** Touches that one replica has under way at a time: 128 where absent. */
  retriesAtOnce?: number;
  /** Roots that are due at one time are spread over so many ms: 1,000 where absent. */
  jitterMs?: number;
  /** What waits to be sent to Redis, in memory: 16 MiB where absent. The rest is left to the letters. */
  maxPendingBytes?: number;
  /** Redis is away, or refuses; undefined when it answers again. */
  onTrouble?: (message: string | undefined) => void;
  onNotice?: (notice: RetryQueueNotice) => void;
}

/** For the log; never a root. */
export interface RetryQueueNotice {
  level: 'warn';
  message: string;
  context: Record<string, unknown>;
}
