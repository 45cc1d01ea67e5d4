export { type JobAction, JobAudit } from './job-audit.js';
export * from './job-registry.js';
export * from './registry.codes.js';
