import type { MakeRetryQueue } from '../retry-queue.js';
import { MemoryRetryQueue } from './memory-retry-queue.js';

export const makeRetryQueue: MakeRetryQueue = ({ timers, touch, onFailure }) =>
  new MemoryRetryQueue(timers, touch, onFailure);
