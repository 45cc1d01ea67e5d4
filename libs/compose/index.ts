export { composeJob, openJobStore, REAL_JOB_TIMERS, ROOMS } from './compose-job.js';
export { type LoadedJobFile, readJob } from './read-job.js';
export { targetTrouble } from './target-trouble.js';
