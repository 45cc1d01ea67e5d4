import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { answers } from './root-jobs.js';

/** Kept while anybody uses the queue, and then not for ever. */
const KEPT_SECONDS = 3_600;

/** A key beside the jobs, by which every replica finds out that Redis has lost them. */
export class WipeMark {
  private seen: unknown;

  constructor(
    private readonly redis: Redis,
    private readonly key: string,
  ) {}

  /** Whether the mark is another one than last time: it was lost, and with it whatever was scheduled. */
  async isNew(): Promise<boolean> {
    const { key } = this;
    const [, , mark] = await answers(
      this.redis.pipeline().set(key, randomUUID(), 'NX').expire(key, KEPT_SECONDS).get(key),
    );
    const isNew = this.seen !== undefined && this.seen !== mark;
    this.seen = mark;
    return isNew;
  }
}
