import { type Assumption, crashes, formerOwner, servers, storeFaults } from './assumption.js';

export const OF_PROCESSES: readonly Assumption[] = [
  {
    holds: 'A process may be killed between any two steps; nothing that only it knew is left.',
    reliesOnIt: 'kernel/process.ts',
    tests: [
      crashes('a job that is killed again and again under traffic ends with what SQL says, and verify finds nothing'),
    ],
  },
  {
    holds: 'One that stood still goes on with what it knew then, however long that was.',
    reliesOnIt: 'kernel/process.ts',
    tests: [
      formerOwner(
        'a former owner that goes on takes no offset back, and gets nothing again but what had reached it while it stood still',
      ),
    ],
  },
  {
    holds: 'A call that fails may have been carried out or not; whoever made it cannot know.',
    reliesOnIt: 'kernel/kernel.ts',
    tests: [
      storeFaults('runs the work again where an operation’s connection broke'),
      storeFaults('increments once where the answer to the commit is lost'),
    ],
  },
  {
    holds: 'A server may be away for a while, at any moment.',
    reliesOnIt: 'kernel/kernel.ts',
    tests: [servers('is killed and started again while it loads, builds and streams')],
  },
  {
    holds: 'A timer may be late by any time; two timers may fire in either order.',
    reliesOnIt: 'kernel/timers.ts',
    tests: [],
    unchecked: 'Node.js promises no more than that; the simulation uses all of it',
  },
  {
    holds:
      'The time of day may be set by any amount at any moment; timers, and the clock that measures what has elapsed, go on as they were.',
    reliesOnIt: 'kernel/timers.ts',
    tests: [],
    unchecked: 'the operating system’s promise (CLOCK_REALTIME and CLOCK_MONOTONIC), which Node.js passes on',
  },
];
