import { expect, test } from '@jest/globals';
import { REAL_JOB_TIMERS } from '#compose';
import type { JobTimers } from '#job';
import { Redactor } from '#observability/redaction';
import type { Trouble } from '#registry';
import { waitFor } from '#testing';
import { ServiceTroubles } from './service-troubles.js';

const LOGGER = { debug: () => undefined } as never;

/** A list that notes what is done to it, on timers that hurry. */
function troubled() {
  const list = new Map<string, Trouble>();
  const done: string[] = [];
  const state = { isAway: false, hangs: false, asked: 0 };
  const open = async () => {
    state.asked++;
    if (state.hangs) await new Promise(() => undefined);
    if (state.isAway) throw new Error('away');
    return {
      keep: async (trouble: Trouble) => {
        done.push(`${trouble.job}: ${trouble.message}`);
        list.set(trouble.job, trouble);
      },
      over: async ({ job }: Pick<Trouble, 'job'>) => {
        done.push(`${job}: over`);
        list.delete(job);
      },
      sweep: async () => undefined,
    };
  };
  let aheadMs = 0;
  const timers: JobTimers = {
    ...REAL_JOB_TIMERS,
    now: () => aheadMs,
    wait: (ms, signal) => REAL_JOB_TIMERS.wait(ms / 50, signal),
  };
  const redactor = new Redactor();
  redactor.add('s3cret');
  const troubles = new ServiceTroubles({ open, service: 'write', process: 'p', timers, redactor, logger: LOGGER });
  troubles.start();
  return {
    troubles,
    list,
    done,
    state,
    later: (ms: number) => void (aheadMs += ms),
    message: (job: string) => list.get(job)?.message,
    [Symbol.asyncDispose]: () => troubles.stop(),
  };
}

test('of all that a job has trouble with the last is kept, without secrets, until all is over', async () => {
  await using here = troubled();
  const { troubles, list } = here;
  const [kafka, target] = [troubles.of('shop', 'Kafka'), troubles.of('shop', 'target')];
  target('no s3cret');
  await waitFor(() => here.message('shop') === 'no ***');
  here.later(1_000);
  kafka('no Kafka');
  await waitFor(() => here.message('shop') === 'no Kafka');
  kafka(undefined);
  await waitFor(() => here.message('shop') === 'no ***');
  expect(list.get('shop')).toMatchObject({ service: 'write', process: 'p', since: new Date(0) });
  troubles.of('shop', 'target')(undefined);
  await waitFor(() => list.size === 0);
  target('again');
  await waitFor(() => here.message('shop') === 'again');
  expect(list.get('shop')).toMatchObject({ since: new Date(1_000) });
});

test('what lasts is renewed, and nothing is written where nothing has changed', async () => {
  await using here = troubled();
  here.troubles.of('shop', 'Kafka')('away');
  await waitFor(() => here.done.length === 1);
  here.troubles.of('other', 'Kafka')(undefined);
  here.troubles.of('shop', 'Kafka')('away');
  here.troubles.of('other', 'Kafka')('away');
  await waitFor(() => here.list.size === 2);
  expect(here.done).toEqual(['shop: away', 'other: away']);
  here.later(5_000);
  await waitFor(() => here.done.length === 4);
  expect(here.done.slice(2)).toEqual(['shop: away', 'other: away']);
});

test('a job that is not in hand any more has none, and none has any when the process ends', async () => {
  await using here = troubled();
  for (const job of ['shop', 'other']) here.troubles.of(job, 'Kafka')('away');
  await waitFor(() => here.list.size === 2);
  here.troubles.forget('shop');
  await waitFor(() => here.list.size === 1);
  await here.troubles.stop();
  expect(here.list.size).toBe(0);
});

test('what could not be written is written when the list is back, if it is not over by then', async () => {
  await using here = troubled();
  here.state.isAway = true;
  for (const job of ['shop', 'other']) here.troubles.of(job, 'Kafka')('away');
  await waitFor(() => here.state.asked > 1);
  here.troubles.of('other', 'Kafka')(undefined);
  here.state.isAway = false;
  await waitFor(() => here.message('shop') === 'away');
  expect(here.done).toEqual(['shop: away']);
});

test('a list that does not answer holds up nobody', async () => {
  const here = troubled();
  here.state.hangs = true;
  here.troubles.of('shop', 'Kafka')('away');
  await waitFor(() => here.state.asked > 0);
  await here.troubles.stop();
  expect(here.done).toEqual([]);
});
