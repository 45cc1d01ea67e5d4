import { expect, test } from '@jest/globals';
import { Random } from '../kernel/index.js';
import { replicasToLose } from './lost-replicas.js';

const replica = (name: string, state = 'running') => ({ name, role: name.split(' ')[0] as string, process: { state } });

test('of each role with several replicas one is lost, and never the last that runs', () => {
  const replicas = [
    replica('write 1'),
    replica('write 2'),
    replica('ingest 1'),
    replica('transform 1'),
    replica('transform 2', 'standing still'),
  ];
  const names = [1, 2, 3, 4, 5, 6, 7, 8].map((seed) =>
    replicasToLose(replicas, new Random(seed)).map(({ name }) => name),
  );
  for (const lost of names) expect(lost).toHaveLength(1);
  expect(new Set(names.flat())).toEqual(new Set(['write 1', 'write 2']));
});
