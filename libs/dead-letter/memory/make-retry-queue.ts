import { RetryQueue, type RetryTimers, type TouchAgain } from './retry-queue.js';

export interface RetryQueueParts {
  timers: RetryTimers;
  touch: TouchAgain;
  onFailure: (error: unknown) => void;
}

export type MakeRetryQueue = (parts: RetryQueueParts) => RetryQueue;

export const makeRetryQueue: MakeRetryQueue = ({ timers, touch, onFailure }) =>
  new RetryQueue(timers, touch, onFailure);
