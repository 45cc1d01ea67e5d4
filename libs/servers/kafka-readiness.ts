import { isAnswered } from './is-answered.js';

/** Metadata, version 1, of no topic: length, API, version, correlation, absent client name, number of topics. */
const REQUEST = Buffer.from('0000000e' + '0003' + '0001' + '00000001' + 'ffff' + '00000000', 'hex');
/** Of the number of brokers in the answer: after the length and the correlation. */
const BROKERS_AT = 8;

/** Whether a plain listener of Kafka answers, and knows a broker that may be used: it is not told of before it may. */
export const hasKafkaBroker = (port: number): Promise<boolean> =>
  isAnswered(port, REQUEST, (answer) =>
    answer.length < BROKERS_AT + 4 ? undefined : answer.readInt32BE(BROKERS_AT) > 0,
  );
