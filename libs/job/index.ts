export * from './commands.js';
export { JOB_ERRORS } from './job.codes.js';
export type { JobDeps } from './job-deps.js';
export { LeaseWatch } from './lease.js';
export { openJob } from './open-job.js';
export type { JobTimers } from './patience.js';
export { type Handlers, handlersOf, type Owned, type Role, type Rooms } from './river.js';
export { DEFAULT_TUNING, type Tuning } from './tuning.js';
export { runWorker, type WorkerDeps, type WorkerObserver } from './worker.js';
