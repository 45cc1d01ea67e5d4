import { openMongoStore } from '#store/mongodb';
import { testMongo } from '#testing';

/** A job's state database on a real server, with nothing in it. */
export async function stateStore() {
  const mongo = await testMongo();
  const stateDatabase = `millrace_${mongo.job}`;
  const { uri, database } = mongo;
  const store = await openMongoStore({ uri, stateDatabase, targetDatabase: database, appName: 'test' });
  const dispose = async () => {
    await store.close();
    await mongo[Symbol.asyncDispose]();
  };
  return { store, [Symbol.asyncDispose]: dispose };
}
