export { API_ERRORS, SERVER_ERRORS } from './api.codes.js';
export { ApiClient, type Call, type ServerAddress } from './client/api-client.js';
export { type JobFileText, RemoteJob } from './client/remote-job.js';
export { type JobEntry, RemoteServer } from './client/remote-server.js';
export { errorOfBody, type FailureBody, failureBody, isFailureBody, statusOf } from './failure.js';
export { BEAT_MS, type Line, lineText, readLines } from './lines.js';
export * from './routes.js';
export { Bodies, Failure, Params, Queries } from './schemas.js';
