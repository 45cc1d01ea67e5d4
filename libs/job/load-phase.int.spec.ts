import { expect, test } from '@jest/globals';
import type { Engine } from './engine.js';
import { planOf } from '../mapping/testing/compile-fixture.js';
import { IncarnationNames } from '#stage';
import { runLoadPhase } from './load-phase.js';
import { beginLoad, leaseOf } from './testing/begin-load.js';
import { stateStore } from './testing/state-store.js';

const PLAN = planOf(`customers:
  table: public.customers
  embed:
    orders: { many: public.orders, on: { customer_id: id } }`);

test('who slept while the job was forgotten makes none of its collections anew by indexes', async () => {
  await using kept = await stateStore();
  const { store } = kept;
  const state = await beginLoad(store, PLAN);
  const engine = {
    river: { load: { load: async () => undefined } },
    loaded: async () => undefined,
    barrier: async () => undefined,
    orFailed: (work: Promise<unknown>) => work,
  } as unknown as Engine;
  const lease = leaseOf(store, 'this one');
  const names = new IncarnationNames(state.record);
  const parts = { engine, state, store, plan: PLAN, names, lease, onLoaded: () => store.dropState() };
  await expect(runLoadPhase(parts, new AbortController().signal)).rejects.toMatchObject({ code: 'JOB_TAKEN_OVER' });
  expect(await store.collections('state')).toEqual([]);
});
