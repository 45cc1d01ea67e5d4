import { isAnswered } from './is-answered.js';

/** Whether Redis answers a PING: while it reads its data folder, it refuses to. */
export function answersPing(port: number, password: string | undefined): Promise<boolean> {
  const request = (password === undefined ? '' : command('AUTH', password)) + command('PING');
  return isAnswered(port, request, (answer) => {
    const said = answer.toString();
    if (said.includes('+PONG\r\n')) return true;
    return said.includes('-') ? false : undefined;
  });
}

const command = (...words: string[]): string =>
  [`*${words.length}`, ...words.flatMap((word) => [`$${Buffer.byteLength(word)}`, word]), ''].join('\r\n');
