import { readFile } from 'node:fs/promises';
import { connect as connectSocket, isIP, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions, type SecureVersion } from 'node:tls';
import { MillraceError } from '#errors';
import type { PostgresTarget } from './connection-uri.js';
import { POSTGRES_CODES } from './postgres.codes.js';

/** A dead peer is noticed by the kernel's probes: the first after this, then one per second, ten in all. */
const KEEP_ALIVE_AFTER_MS = 15_000;
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);
const OFFERS_TLS = 0x53;
const REFUSES_TLS = 0x4e;
/** A server that has no process to spare says so before it looks at the question. */
const ERROR_RESPONSE = 0x45;
/** What a server's first message can be: authentication, error, notice, an older protocol. */
const FIRST_MESSAGES = new Set([0x52, ERROR_RESPONSE, 0x4e, 0x76]);

/** Connected, encrypted or not, with nothing of the session said yet. Rejects with the raw error, or a MillraceError. */
export async function openSocket(target: PostgresTarget, encrypted: boolean, signal: AbortSignal): Promise<Socket> {
  if (!encrypted || isUnix(target)) return connected(target, signal);
  const options = await tlsOptions(target);
  const socket = await connected(target, signal);
  try {
    if (!target.ssl.direct) await requestTls(socket, target, signal);
    return await secured(socket, options, signal);
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

export function isUnix(target: PostgresTarget): boolean {
  return target.host.startsWith('/') || target.host.startsWith('@');
}

async function connected(target: PostgresTarget, signal: AbortSignal): Promise<Socket> {
  const socket = isUnix(target)
    ? connectSocket({ path: `${target.host.replace(/^@/, '\0')}/.s.PGSQL.${target.port}` })
    : connectSocket({
        host: target.hostAddress ?? target.host,
        port: target.port,
        keepAlive: true,
        keepAliveInitialDelay: KEEP_ALIVE_AFTER_MS,
        noDelay: true,
      });
  socket.on('error', heardLater);
  await happens(socket, 'connect', signal);
  return socket;
}

/** Asks whether the server offers TLS: one byte comes back, from a PostgreSQL server. */
async function requestTls(socket: Socket, target: PostgresTarget, signal: AbortSignal): Promise<void> {
  socket.write(SSL_REQUEST);
  await happens(socket, 'readable', signal);
  const answer = socket.read() as Buffer | null;
  if (answer?.length === 1 && answer[0] === OFFERS_TLS) return;
  if (answer?.length === 1 && answer[0] === REFUSES_TLS) {
    throw new MillraceError(
      POSTGRES_CODES.SOURCE_TLS_REQUIRED,
      `The server at ${target.where} does not offer TLS, and the source URI says sslmode=${target.ssl.mode}.`,
    );
  }
  if (answer === null || answer[0] === ERROR_RESPONSE)
    throw Object.assign(new Error('closed while TLS was asked for'), { code: 'ECONNRESET' });
  throw notPostgres(target);
}

/** Looks at the first byte of the server's first message: another protocol is ended before the driver tries to read it. */
export function watchFirstMessage(
  socket: Socket,
  target: PostgresTarget,
  refuse: (error: MillraceError) => void,
): void {
  socket.once('data', (message: Buffer) => {
    if (!FIRST_MESSAGES.has(message[0] ?? 0)) refuse(notPostgres(target));
  });
}

function notPostgres(target: PostgresTarget): MillraceError {
  return new MillraceError(POSTGRES_CODES.SOURCE_NOT_POSTGRES, `What answers at ${target.where} is not PostgreSQL.`);
}

async function secured(socket: Socket, options: ConnectionOptions, signal: AbortSignal): Promise<Socket> {
  const secure = connectTls({ ...options, socket });
  secure.on('error', heardLater);
  await happens(secure, 'secureConnect', signal);
  return secure;
}

/**
 * What libpq means by its modes. `allow`, `prefer` and `require` encrypt without asking who it is, but `require` with an
 * authority named checks the chain as `verify-ca` does; `verify-full` also checks the name. Without sslrootcert,
 * `verify-full` trusts the authorities that Node trusts.
 */
async function tlsOptions(target: PostgresTarget): Promise<ConnectionOptions> {
  const { ssl } = target;
  const checksChain =
    ssl.mode === 'verify-full' ||
    ssl.mode === 'verify-ca' ||
    (ssl.mode === 'require' && ssl.rootCertificate !== undefined);
  const named = isIP(target.host) === 0;
  return {
    host: target.host,
    ...(named && ssl.serverName ? { servername: target.host } : {}),
    rejectUnauthorized: checksChain,
    ...(checksChain && ssl.mode !== 'verify-full' ? { checkServerIdentity: () => undefined } : {}),
    ...(ssl.rootCertificate ? { ca: await file(ssl.rootCertificate, 'sslrootcert') } : {}),
    ...(ssl.certificate ? { cert: await file(ssl.certificate, 'sslcert') } : {}),
    ...(ssl.key ? { key: await file(ssl.key, 'sslkey') } : {}),
    ...(ssl.keyPassword ? { passphrase: ssl.keyPassword } : {}),
    ...(ssl.revocationList ? { crl: await file(ssl.revocationList, 'sslcrl') } : {}),
    ...(ssl.minVersion ? { minVersion: ssl.minVersion as SecureVersion } : {}),
    ...(ssl.maxVersion ? { maxVersion: ssl.maxVersion as SecureVersion } : {}),
    ...(ssl.direct ? { ALPNProtocols: ['postgresql'] } : {}),
  };
}

async function file(path: string, parameter: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new MillraceError(
      POSTGRES_CODES.SOURCE_URI,
      `The file that ${parameter} names in the source URI cannot be read: ${path}.`,
      { cause },
    );
  }
}

/** An error between two steps must not end the process: the next step, or the session, meets a destroyed socket. */
function heardLater(): void {}

/** The event, or the socket's error, or its end, or the signal's reason (the socket is destroyed then). */
function happens(socket: Socket, event: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error?: unknown): void => {
      socket.off(event, done).off('error', settle).off('close', closed);
      signal.removeEventListener('abort', aborted);
      if (error === undefined) return resolve();
      socket.destroy();
      reject(error);
    };
    const done = (): void => settle();
    const closed = (): void => settle(Object.assign(new Error('the connection was closed'), { code: 'ECONNRESET' }));
    const aborted = (): void => settle(signal.reason);
    socket.once(event, done).once('error', settle).once('close', closed);
    signal.addEventListener('abort', aborted, { once: true });
    if (signal.aborted) aborted();
  });
}
