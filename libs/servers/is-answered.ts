import { connect } from 'node:net';

const TIMEOUT_MS = 1_000;

/**
 * Sends a request to a port of the loopback interface and gives the verdict on its answer, which is asked for with all that
 * has come so far until it is one; false where the answer does not come.
 */
export function isAnswered(
  port: number,
  request: Buffer | string,
  verdict: (answer: Buffer) => boolean | undefined,
): Promise<boolean> {
  return new Promise((resolve) => {
    let answer = Buffer.alloc(0);
    const socket = connect({ port, host: '127.0.0.1', timeout: TIMEOUT_MS });
    const conclude = (isSo: boolean): void => {
      socket.destroy();
      resolve(isSo);
    };
    socket.on('connect', () => socket.write(request));
    socket.on('data', (chunk) => {
      answer = Buffer.concat([answer, chunk]);
      const isSo = verdict(answer);
      if (isSo !== undefined) conclude(isSo);
    });
    socket.on('timeout', () => conclude(false));
    socket.on('error', () => conclude(false));
    socket.on('close', () => resolve(false));
  });
}
