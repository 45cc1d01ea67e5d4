export { JOB_FILE_ERRORS } from './compose.codes.js';
export { composeJob, openJobStore, REAL_JOB_TIMERS, ROOMS } from './compose-job.js';
export { type LoadedJobFile, readJob, type ReadJobOptions } from './read-job.js';
export { type TargetRetry, targetTrouble } from './target-trouble.js';
