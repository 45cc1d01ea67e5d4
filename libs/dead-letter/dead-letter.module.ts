import { Module } from '@nestjs/common';
import { makeRetryQueue } from './memory/make-retry-queue.js';

export const DEAD_LETTER = Symbol('dead-letter');

/** Hosts what schedules retries and replays: here the queue in memory, which the letters fill again. */
@Module({ providers: [{ provide: DEAD_LETTER, useValue: makeRetryQueue }], exports: [DEAD_LETTER] })
export class DeadLetterModule {}
