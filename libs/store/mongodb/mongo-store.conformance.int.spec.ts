import { testMongo } from '#testing';
import { describeStore } from '../testing/store-conformance.js';
import { openMongoStore } from './open-mongo-store.js';

describeStore('MongoStore', async () => {
  const mongo = await testMongo();
  const stateDatabase = `millrace_${mongo.job}`;
  const open = () => openMongoStore({ uri: mongo.uri, stateDatabase, targetDatabase: mongo.database, appName: 'test' });
  const [store, other] = await Promise.all([open(), open()]);
  return {
    store,
    other,
    makeUniqueIndex: async ({ database, name: collection }, field, name) => {
      const db = database === 'state' ? mongo.client.db(stateDatabase) : mongo.db;
      await db.collection(collection).createIndex({ [field]: 1 }, { unique: true, name });
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([store.close(), other.close()]);
      await mongo[Symbol.asyncDispose]();
    },
  };
});
