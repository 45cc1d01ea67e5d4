import type { Mutant } from './mutant.js';

const RIVER = 'libs/job/river.ts';
const MEMORY = 'libs/dead-letter/memory/memory-retry-queue.ts';

/** Retries stand beside the log: they hold nobody up, and whatever is lost of them is found again in the letters. */
export const RETRIES: readonly Mutant[] = [
  {
    name: 'a-writer-waits-for-itself',
    takesAway: 'touches that writing causes stand beside the log, in the retry queue',
    file: RIVER,
    find: 'retry: (collection, roots, dueMs) => retries.add(collection, roots, dueMs),',
    replace:
      "retry: (collection, roots, dueMs) =>\n      dueMs === undefined ? transform.toucher.touch(collection, roots, 'retry') : retries.add(collection, roots, dueMs),",
    also: [
      {
        file: 'libs/write/document-actor.ts',
        find: 'if (done.later.length > 0) this.parts.touchLater',
        replace: 'if (done.later.length > 0) await this.parts.touchLater',
      },
    ],
    tests: ['test/regression/schedule-19-writer-that-waits'],
  },
  {
    name: 'a-late-retry-touches-all',
    takesAway: 'a retry that comes late touches only what still waits for it',
    file: RIVER,
    find: 'nextAt === null && waits === null ? []',
    replace: 'nextAt === undefined && waits === undefined ? []',
    tests: ['libs/job/river'],
  },
  {
    name: 'retries-are-lost-with-their-process',
    takesAway: 'who begins fills the retry queue from the letters',
    file: 'libs/job/engine.ts',
    find: 'await this.letters.fill();\n',
    replace: '',
    tests: ['test/regression/schedule-14-retries-lost'],
  },
  {
    name: 'a-full-queue-forgets',
    takesAway: 'what the retry queue cannot hold is left to the letters',
    file: MEMORY,
    find: 'this.waiting.size >= this.most) this.left = true;',
    replace: 'this.waiting.size >= this.most) return;',
    tests: ['libs/dead-letter/memory'],
  },
  {
    name: 'the-later-time-wins',
    takesAway: 'the same root again takes the earlier of both times',
    file: MEMORY,
    find: 'present.dueMs = Math.min(present.dueMs, dueMs);',
    replace: 'present.dueMs = Math.max(present.dueMs, dueMs);',
    tests: ['libs/dead-letter/memory'],
  },
  {
    name: 'a-wiped-redis-goes-unnoticed',
    takesAway: 'a Redis that has lost everything is filled again from the letters',
    file: 'libs/dead-letter/bullmq/bullmq-retry-queue.ts',
    find: 'if (isNew) this.left = true;',
    replace: 'void isNew;',
    tests: ['libs/dead-letter/bullmq/bullmq-retry-queue.faults'],
  },
];
