export * from './certificates.js';
export { asTestMongo, type ReplicaSet, startReplicaSet } from './replica-set.js';
export { freshName, type SharedServer } from './shared-server.js';
export { type TestKafka, testKafka } from './test-kafka.js';
export { type TestMongo, type TestMongoOptions, testMongo } from './test-mongo.js';
export { type TestPostgres, type TestPostgresOptions, testPostgres } from './test-postgres.js';
export { type TestRedis, testRedis } from './test-redis.js';
export { type WaitOptions, waitFor } from './wait-for.js';
