export { cacheFolder } from './cache.js';
export { type KafkaOptions, startKafka } from './kafka-server.js';
export { type MongoOptions, startMongo } from './mongo-server.js';
export { POSTGRES_VERSIONS } from './postgres-binaries.js';
export { type PostgresOptions, startPostgres } from './postgres-server.js';
export { type RedisOptions, startRedis } from './redis-server.js';
export type { Owner, Server } from './server.js';
export { serverErrors } from './servers.codes.js';
export { openSqlSession, type SqlSession } from './sql-session.js';
