export { JOB_FILE_ERRORS } from './compose.codes.js';
export { composeJob, REAL_JOB_TIMERS } from './compose-job.js';
export { type LoadedJobFile, readJob, type ReadJobOptions } from './read-job.js';
