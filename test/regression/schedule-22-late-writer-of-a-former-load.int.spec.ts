import { expect, test } from '@jest/globals';
import { JOB, JOB_ID } from '#stage';
import type { JobRecord } from '../../libs/job/job-record.js';
import { beginLoad } from '../../libs/job/testing/begin-load.js';
import { type ActorBench, actorBench } from '../e2e/kit/actors.js';

test('owners of a former load, whose stage is still there, stage and write nothing once a load anew has begun', async () => {
  await using bench = await actorBench();
  const late = bench.owner();
  await late.handle(bench.upsert('parents', [1], ['1', 'built']));
  await bench.write();
  await late.handle(bench.upsert('parents', [2], ['1', 'late']));
  await beginLoad(bench.store, bench.plan, await streaming(bench));
  const anew = { _id: 1, name: 'built anew', children: [] };
  await bench.store.write.put({ database: 'target', name: 'parents' }, [anew]);

  const isOver = { name: 'FenceMissing' };
  await expect(bench.write()).rejects.toMatchObject(isOver);
  await expect(late.handle(bench.upsert('parents', [3], ['1', 'later']))).rejects.toMatchObject(isOver);
  expect(await bench.documents('parents')).toEqual([anew]);
});

async function streaming({ store, plan, names }: ActorBench): Promise<JobRecord> {
  const { incarnation, incarnationId } = names;
  const present = { incarnation, incarnationId, plan, formers: [], loading: false, epoch: 1, identity: null };
  const record = { _id: JOB_ID, job: plan.job, ...present };
  await store.write.put(JOB, [record]);
  return record as unknown as JobRecord;
}
