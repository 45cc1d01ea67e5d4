import { testMongo } from '#testing';
import { describeStore } from '../testing/store-conformance.js';
import { openMongoStore } from './open-mongo-store.js';

describeStore('MongoStore', async () => {
  const mongo = await testMongo();
  const stateDatabase = `millrace_${mongo.job}`;
  const store = await openMongoStore({
    uri: mongo.uri,
    stateDatabase,
    targetDatabase: mongo.database,
    appName: 'test',
  });
  return {
    store,
    makeUniqueIndex: async ({ database, name: collection }, field, name) => {
      const db = database === 'state' ? mongo.client.db(stateDatabase) : mongo.db;
      await db.collection(collection).createIndex({ [field]: 1 }, { unique: true, name });
    },
    [Symbol.asyncDispose]: async () => {
      await store.close();
      await mongo[Symbol.asyncDispose]();
    },
  };
});
