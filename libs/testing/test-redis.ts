import { startRedis } from '#servers';
import { freshName, sharedServer } from './shared-server.js';

/** A server that all tests of a run use, and what the keys of a test begin with. */
export interface TestRedis {
  uri: string;
  prefix: string;
}

export async function testRedis(): Promise<TestRedis> {
  const given = process.env['MILLRACE_TEST_REDIS_URI'];
  const uri = given ?? (await sharedServer('redis', (owner) => startRedis({ owner }))).uri;
  return { uri, prefix: freshName() };
}
