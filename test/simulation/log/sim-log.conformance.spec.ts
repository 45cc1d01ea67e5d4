import { describeLog } from '../../../libs/log/log-conformance.js';
import { Kernel, SimProcess } from '../kernel/index.js';
import { SimBroker, SimLog } from './index.js';

let seeds = 0;

describeLog(
  'SimLog',
  async () => {
    const kernel = new Kernel({ seed: ++seeds });
    const log = new SimLog(new SimBroker(kernel), new SimProcess('service'));
    const stop = kernel.runFreely();
    return {
      log,
      [Symbol.asyncDispose]: async () => {
        await log.close();
        stop();
      },
    };
  },
  { appendResolvesWhenHandled: false, handlerFailureEndsTopic: false, keepsRecords: true },
);
