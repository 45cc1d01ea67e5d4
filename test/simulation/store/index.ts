export type { OnRetry } from './client.js';
export {
  type CommittedChange,
  type FailOver,
  type MongoWatch,
  type Sender,
  SimMongo,
  type SimMongoOptions,
} from './sim-mongo.js';
export { verdictOf } from './server-failures.js';
export { SimStore, type SimStoreOptions } from './sim-store.js';
export { fieldOf, fieldsOf, isDocument, type Stored, taken } from './stored.js';
