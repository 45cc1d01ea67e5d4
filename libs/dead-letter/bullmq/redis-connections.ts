import { Redis, type RedisOptions } from 'ioredis';
import type { BullmqOptions } from './bullmq-options.js';

export type ConnectionEvents = Pick<BullmqOptions, 'onTrouble' | 'onNotice'> & { onReady: () => void };

const LONGEST_RECONNECT_MS = 1_000;
const COMMAND_MS = 5_000;
/** A worker asks something every few seconds; one that hears nothing for so long has a dead connection. */
const SILENT_MS = 20_000;
type Options = Omit<RedisOptions, 'replyMapping'>;

const COMMON: Options = { connectTimeout: 5_000, disconnectTimeout: 500, keepAlive: 5_000 };

/**
 * The connections of one queue: they come back by themselves, tell their trouble once, and never throw at anybody who does
 * not wait for an answer.
 */
export class RedisConnections {
  /** For adding and looking: answers or fails soon, and keeps nothing for later. */
  readonly quick: Redis;
  /** For BullMQ's worker, which waits until Redis is back. It makes itself another one to block on. */
  readonly patient: Redis;
  private told: string | undefined;
  private closing = false;

  constructor(
    uri: string,
    private readonly events: ConnectionEvents,
  ) {
    const retryStrategy = (times: number) => (this.closing ? null : Math.min(LONGEST_RECONNECT_MS, 50 * 2 ** times));
    this.quick = new Redis(uri, quickOptions(retryStrategy));
    this.patient = new Redis(uri, { ...COMMON, retryStrategy, maxRetriesPerRequest: null, socketTimeout: SILENT_MS });
    this.patient.on('error', () => undefined);
    this.quick.on('error', (error: unknown) => this.failed(error));
    this.quick.on('close', () => {
      if (this.told === undefined) this.failed(new Error('the connection ended'));
    });
    this.quick.on('ready', () => {
      this.warnOfEviction().catch(() => undefined);
      events.onReady();
    });
  }

  get answers(): boolean {
    return this.quick.status === 'ready';
  }

  failed(error: unknown): void {
    this.tell(`Redis does not take retries of dead letters: ${wordFor(error)}`);
  }

  worked(): void {
    this.tell(undefined);
  }

  /** Those that are away do not come back. */
  giveUp(): void {
    this.closing = true;
  }

  close(): void {
    this.giveUp();
    this.quick.disconnect();
    this.patient.disconnect();
  }

  private tell(message: string | undefined): void {
    if (this.closing || message === this.told) return;
    this.told = message;
    this.events.onTrouble?.(message);
  }

  /** Not refused: the letters have what Redis forgets, and give it back when it is due. */
  private async warnOfEviction(): Promise<void> {
    const [, policy] = /maxmemory_policy:(\S+)/.exec(await this.quick.info('memory')) ?? [];
    if (policy === undefined || policy === 'noeviction') return;
    const message = 'Redis may forget retries of dead letters when its memory is full: set maxmemory-policy noeviction';
    this.events.onNotice?.({ level: 'warn', message, context: { policy } });
  }
}

/** Of a connection on which a command fails when Redis is away, rather than wait. */
export function quickOptions(retryStrategy: (times: number) => number | null): Options {
  return { ...COMMON, retryStrategy, enableOfflineQueue: false, maxRetriesPerRequest: 0, commandTimeout: COMMAND_MS };
}

/** The system's (`ECONNREFUSED`), or Redis's own (`WRONGPASS`, `OOM`): never the whole message of a reply, which may hold what was sent. */
export function wordFor(error: unknown): string {
  const { code, name, message } = error as { code?: unknown; name?: string; message?: string };
  if (typeof code === 'string') return code;
  if (name !== 'ReplyError') return message ?? 'unknown';
  return /^[A-Z]+/.exec(message ?? '')?.[0] ?? 'ERR';
}
