import { Kernel, SimProcess } from '../kernel/index.js';
import { describeStore } from '../../../libs/store/testing/store-conformance.js';
import { SimMongo, SimStore } from './index.js';

let seed = 0;

describeStore('SimStore', async () => {
  const kernel = new Kernel({ seed: ++seed });
  const mongo = new SimMongo(kernel);
  const databases = { stateDatabase: 'millrace_job', targetDatabase: 'target' };
  const open = (name: string) => new SimStore({ kernel, mongo, process: new SimProcess(name), ...databases });
  const stop = kernel.runFreely();
  return {
    store: open('store'),
    other: open('other'),
    makeUniqueIndex: async ({ database, name: collection }, field, name) => {
      const of = database === 'state' ? databases.stateDatabase : databases.targetDatabase;
      mongo.makeUniqueIndex(of, collection, field, name);
    },
    [Symbol.asyncDispose]: async () => stop(),
  };
});
