export { MONGODB_ERRORS } from './mongodb.codes.js';
export { MongoStore } from './mongo-store.js';
export { type MongoStoreOptions, openMongoStore, targetProblem } from './open-mongo-store.js';
export type { OnRetry } from './repeats.js';
