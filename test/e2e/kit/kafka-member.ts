import type { LogRecord } from '#log';
import { kafkaLog } from './kafka-engine.js';

/**
 * A member of a group in a process of its own, which a test may stop for a while: it tells what it is handed and when a
 * partition is taken away, and completes nothing before it is told to go on.
 */
export type MemberSaid = { seen: number } | { aborted: true };

const [brokers = '', topic = ''] = process.argv.slice(2);
const say = (said: MemberSaid): void => void process.send?.(said);

let goOn = (): void => {};
const told = new Promise<void>((resolve) => {
  goOn = resolve;
});
process.once('message', () => goOn());

const log = kafkaLog(brokers.split(','));
const options = { maxRecords: 10, maxBytes: 1_000_000, maxUncompleted: 1 };
await log.consume<LogRecord & { n: number }>(topic, 'group', options, async ({ records, signal }) => {
  for (const { n } of records) say({ seen: n });
  signal.addEventListener('abort', () => say({ aborted: true }));
  await told;
  return { completed: Promise.resolve() };
});
