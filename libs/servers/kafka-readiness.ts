import { connect } from 'node:net';

const TIMEOUT_MS = 1_000;
/** Metadata, version 1, of no topic: length, API, version, correlation, absent client name, number of topics. */
const REQUEST = Buffer.from('0000000e' + '0003' + '0001' + '00000001' + 'ffff' + '00000000', 'hex');
/** Of the number of brokers in the answer: after the length and the correlation. */
const BROKERS_AT = 8;

/** Whether a plain listener of Kafka answers, and knows a broker that may be used: it is not told of before it may. */
export function hasKafkaBroker(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    let answer = Buffer.alloc(0);
    const socket = connect({ port, host: '127.0.0.1', timeout: TIMEOUT_MS });
    const conclude = (isReady: boolean): void => {
      socket.destroy();
      resolve(isReady);
    };
    socket.on('connect', () => socket.write(REQUEST));
    socket.on('data', (chunk) => {
      answer = Buffer.concat([answer, chunk]);
      if (answer.length >= BROKERS_AT + 4) conclude(answer.readInt32BE(BROKERS_AT) > 0);
    });
    socket.on('timeout', () => conclude(false));
    socket.on('error', () => conclude(false));
    socket.on('close', () => resolve(false));
  });
}
