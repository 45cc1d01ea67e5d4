import { expect, jest, test } from '@jest/globals';
import { workshop } from '../e2e/kit/job-life.js';
import { SCHEMA } from '../e2e/kit/shop.js';

jest.setTimeout(240_000);

test.each([
  ['loading', 'chunk read'],
  ['building', 'append touches build before'],
])(
  'what only the load before the last has written leaves, where the last one was killed as it was %s',
  async (_, step) => {
    await using shop = await workshop(SCHEMA);
    const life = await shop.newJob();
    await life.sync();
    await shop.postgres.exec('DELETE FROM customers WHERE id = 3; DELETE FROM accounts WHERE id = 4');
    await life.crash(step, 'run', '--until-synced', '--fresh', life.file);
    expect(await life.run('run', '--until-synced', '--fresh', life.file)).toMatchObject({ code: 0 });
    await life.sync();
    await life.end();
  },
);
