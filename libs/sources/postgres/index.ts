export { CAPTURE_DEFAULTS } from './capture.js';
export { createPostgresSource, type PostgresSourceOptions } from './postgres-source.js';
