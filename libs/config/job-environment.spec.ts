import { expect, test } from '@jest/globals';
import { jobEnvironment } from './job-environment.js';

test('job files may read all but the secrets of the services', () => {
  const env = {
    SHOP_PG_URI: 'postgres://h/d',
    MILLRACE_TARGET_URI: 'mongodb://h',
    MILLRACE_STATE_URI: 'mongodb://s',
    MILLRACE_CONSOLE_TOKENS_FILE: '/run/secrets/tokens',
    MILLRACE_KAFKA_PASSWORD: 'x',
    MILLRACE_REDIS_URI: 'redis://h',
  };
  expect(Object.keys(jobEnvironment(env))).toEqual(['SHOP_PG_URI', 'MILLRACE_TARGET_URI']);
});
