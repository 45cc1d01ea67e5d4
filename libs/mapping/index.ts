export { jobFileJsonSchema } from './job-file/json-schema.js';
export { Positions } from './job-file/positions.js';
export { type Problem, sortProblems } from './job-file/problem.js';
export {
  type PartialMapping,
  type ReadJobFile,
  readJobFile,
  type ReadJobFileOptions,
  type ReadMapping,
} from './job-file/read-job-file.js';
export type { JobFile } from './job-file/schema.js';
export type { Secrets } from './job-file/secrets.js';
export { type CompiledPlan, compilePlan, furtherProblems } from './plan/compile-plan.js';
export * from './assemble/index.js';
export * from './expressions/index.js';
export * from './values/index.js';
export { jobNameOf, suggestJobFile, type SuggestOptions } from './suggest/suggest-job-file.js';
