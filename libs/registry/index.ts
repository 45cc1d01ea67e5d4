export { type JobAction, JobAudit } from './job-audit.js';
export * from './job-registry.js';
export * from './registry.codes.js';
export { type Trouble, Troubles } from './troubles.js';
export { troublesInWords } from './troubles-in-words.js';
