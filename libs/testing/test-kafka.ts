import { startKafka } from '#servers';
import { freshName, sharedServer } from './shared-server.js';

/** A broker that all tests of a run use, and what the names of a test's topics and groups begin with. */
export interface TestKafka {
  brokers: string[];
  topicPrefix: string;
}

export async function testKafka(): Promise<TestKafka> {
  const given = process.env['MILLRACE_TEST_KAFKA_BROKERS'];
  const brokers = given ?? (await sharedServer('kafka', (owner) => startKafka({ owner }))).uri;
  return { brokers: brokers.split(','), topicPrefix: freshName() };
}
