import { type SourceContext, sourceConformance } from '../../../libs/sources/testing/source-conformance.js';
import { Kernel, SimProcess, simTimers } from '../kernel/index.js';
import { SimPostgres, SimSource } from './index.js';
import { SqlClient } from './sql-client.js';

for (const seed of [1, 2, 3]) sourceConformance(`The simulated PostgreSQL (seed ${seed})`, () => open(seed));

async function open(seed: number): Promise<SourceContext> {
  const kernel = new Kernel({ seed });
  const stop = kernel.runFreely();
  const commitOptions = { visibleAfterMs: 3, committedAfterMs: 1, flushedAfterMs: 5 };
  const postgres = new SimPostgres(kernel, {
    commitOptions: (random) => ({ ...commitOptions, asynchronous: random.chance(0.3) }),
  });
  const source = new SimSource(postgres, new SimProcess('service'));
  const client = new SqlClient(postgres, simTimers(kernel, new SimProcess('application')));
  return {
    source,
    names: { slot: 'millrace_kit_1', publication: 'millrace_kit_1' },
    qualified: (table) => `public.${table}`,
    exec: (sql) => client.transaction([sql]),
    transaction: (statements, end) => client.transaction(statements, end),
    [Symbol.asyncDispose]: async () => {
      await source.close();
      stop();
    },
  };
}
