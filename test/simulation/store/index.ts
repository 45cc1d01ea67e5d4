export type { OnRetry } from './client.js';
export { type CommittedChange, type FailOver, SimMongo, type SimMongoOptions } from './sim-mongo.js';
export { SimStore, type SimStoreOptions } from './sim-store.js';
export { fieldOf, fieldsOf, type Stored, taken } from './stored.js';
