export * from './commands.js';
export { JOB_ERRORS } from './job.codes.js';
export type { JobDeps } from './job-deps.js';
export { openJob } from './open-job.js';
export type { JobTimers } from './patience.js';
export type { Rooms } from './river.js';
export { DEFAULT_TUNING, type Tuning } from './tuning.js';
