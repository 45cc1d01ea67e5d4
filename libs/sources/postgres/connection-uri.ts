import { userInfo } from 'node:os';
import { MillraceError } from '#errors';
import { POSTGRES_CODES } from './postgres.codes.js';

export const SSL_MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;
export type SslMode = (typeof SSL_MODES)[number];

/** A source URI, taken apart as libpq does it. */
export interface PostgresTarget {
  /** A name, an address, or the folder of a unix socket (begins with `/`). */
  host: string;
  /** Where to connect to, when it is not what `host` resolves to. */
  hostAddress?: string;
  port: number;
  database: string;
  user: string;
  password?: string;
  connectTimeoutMs?: number;
  /** Command-line options for the server process. */
  options?: string;
  ssl: SslSettings;
  /** `host:port/database`: the only form in which messages name it. */
  where: string;
}

export interface SslSettings {
  mode: SslMode;
  /** The default of libpq is `prefer`; whether the URI says so itself. */
  rootCertificate?: string;
  certificate?: string;
  key?: string;
  keyPassword?: string;
  revocationList?: string;
  serverName: boolean;
  minVersion?: string;
  maxVersion?: string;
  direct: boolean;
  channelBinding: boolean;
}

/** Parameters of libpq and of other drivers that change nothing here: pinned, decided otherwise, or without meaning. */
const WITHOUT_EFFECT = new Set([
  'application_name',
  'fallback_application_name',
  'client_encoding',
  'keepalives',
  'keepalives_idle',
  'keepalives_interval',
  'keepalives_count',
  'tcp_user_timeout',
  'sslcompression',
  'load_balance_hosts',
  'krbsrvname',
  'gsslib',
  'gssdelegation',
  'uselibpqcompat',
  'schema',
  'pgbouncer',
  'sslcertmode',
  'min_protocol_version',
  'max_protocol_version',
]);
const KNOWN = new Set([
  'host',
  'hostaddr',
  'port',
  'dbname',
  'user',
  'password',
  'connect_timeout',
  'options',
  'ssl',
  'sslmode',
  'sslrootcert',
  'sslcert',
  'sslkey',
  'sslpassword',
  'sslcrl',
  'sslsni',
  'sslnegotiation',
  'ssl_min_protocol_version',
  'ssl_max_protocol_version',
  'channel_binding',
  'gssencmode',
  'target_session_attrs',
]);

export function parsePostgresUri(uri: string): PostgresTarget {
  const parts = /^postgres(?:ql)?:\/\/([^/?]*)(?:\/([^?]*))?(?:\?(.*))?$/s.exec(uri.trim());
  if (!parts) throw refused('it has to begin with postgresql:// and name host and database');
  const [, authority = '', path = '', query = ''] = parts;
  const at = authority.lastIndexOf('@');
  const login = at < 0 ? '' : authority.slice(0, at);
  const colon = login.indexOf(':');
  const address = parseAddress(authority.slice(at + 1));
  const parameters = parseParameters(query);
  const user = parameters.get('user') ?? (decode(colon < 0 ? login : login.slice(0, colon)) || systemUser());
  const password = parameters.get('password') ?? (colon < 0 ? undefined : decode(login.slice(colon + 1)));
  const host = parameters.get('host') ?? address.host ?? parameters.get('hostaddr') ?? 'localhost';
  const port = parsePort(parameters.get('port') ?? address.port);
  const database = parameters.get('dbname') ?? (decode(path) || user);
  if (host.includes(',') || (parameters.get('hostaddr') ?? '').includes(',')) throw severalHosts();
  checkSession(parameters);
  return {
    host,
    port,
    database,
    user,
    ssl: sslSettings(parameters),
    where: describe(host, port, database),
    ...optional('password', password || undefined),
    ...optional('hostAddress', parameters.get('hostaddr')),
    ...optional('connectTimeoutMs', connectTimeout(parameters.get('connect_timeout'))),
    ...optional('options', parameters.get('options')),
  };
}

/** The URI without what is secret in it, for people; never throws. */
export function redactUri(uri: string): string {
  return uri
    .replace(/^([a-z][a-z0-9+.-]*:\/\/[^:@/?]*):.*@(?=[^@]*$)/is, '$1:***@')
    .replace(/([?&](?:password|sslpassword)=)[^&]*/gi, '$1***');
}

function describe(host: string, port: number, database: string): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}/${database}`;
}

function parseAddress(text: string): { host?: string; port?: string } {
  if (text.includes(',')) throw severalHosts();
  const parts = /^(?:\[([^\]]*)\]|([^:]*))(?::(.*))?$/s.exec(text);
  if (!parts) throw refused('an IPv6 address has to stand in brackets, as in [::1]:5432');
  const host = parts[1] ?? decode(parts[2] ?? '');
  return { ...optional('host', host || undefined), ...optional('port', parts[3] || undefined) };
}

function parseParameters(query: string): Map<string, string> {
  const parameters = new Map<string, string>();
  for (const pair of query.split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const name = decode(equals < 0 ? pair : pair.slice(0, equals));
    if (!KNOWN.has(name) && !WITHOUT_EFFECT.has(name))
      throw refused(`it has a parameter that Millrace does not know: ${name}`);
    const value = equals < 0 ? '' : decode(pair.slice(equals + 1));
    if (value !== '') parameters.set(name, value);
  }
  return parameters;
}

function sslSettings(parameters: Map<string, string>): SslSettings {
  const mode = sslMode(parameters);
  const root = parameters.get('sslrootcert');
  if (mode === 'verify-ca' && (root === undefined || root === 'system')) {
    throw refused('sslmode=verify-ca needs the authority to trust, sslrootcert=FILE; sslmode=verify-full does without');
  }
  const binding = parameters.get('channel_binding');
  return {
    mode: root === 'system' ? 'verify-full' : mode,
    ...optional('rootCertificate', root === 'system' ? undefined : root),
    ...optional('certificate', parameters.get('sslcert')),
    ...optional('key', parameters.get('sslkey')),
    ...optional('keyPassword', parameters.get('sslpassword')),
    ...optional('revocationList', parameters.get('sslcrl')),
    ...optional('minVersion', parameters.get('ssl_min_protocol_version')),
    ...optional('maxVersion', parameters.get('ssl_max_protocol_version')),
    serverName: parameters.get('sslsni') !== '0',
    direct: parameters.get('sslnegotiation') === 'direct',
    channelBinding: binding === 'require',
  };
}

/** `ssl=true` is JDBC's and libpq's word for `require`; `no-verify` is node-postgres' word for the same. */
function sslMode(parameters: Map<string, string>): SslMode {
  const ssl = parameters.get('ssl');
  const named = parameters.get('sslmode') ?? (ssl === 'true' || ssl === '1' ? 'require' : 'prefer');
  const mode = named === 'no-verify' ? 'require' : named;
  if (!(SSL_MODES as readonly string[]).includes(mode))
    throw refused(`sslmode has to be one of ${SSL_MODES.join(', ')}`);
  const direct = parameters.get('sslnegotiation') === 'direct';
  if (direct && ['disable', 'allow', 'prefer'].includes(mode))
    throw refused('sslnegotiation=direct needs sslmode=require or stricter');
  return mode as SslMode;
}

function checkSession(parameters: Map<string, string>): void {
  if (parameters.get('gssencmode') === 'require') throw refused('gssencmode=require is not supported');
  const wanted = parameters.get('target_session_attrs') ?? 'any';
  if (!['any', 'read-write', 'primary', 'prefer-standby'].includes(wanted)) {
    throw refused(`target_session_attrs=${wanted} is not supported: Millrace reads from the primary`);
  }
}

function parsePort(text: string | undefined): number {
  const port = Number(text ?? 5432);
  if (!Number.isInteger(port) || port < 1 || port > 65535) throw refused('the port has to be a number from 1 to 65535');
  return port;
}

function connectTimeout(text: string | undefined): number | undefined {
  const seconds = Number(text ?? 0);
  return Number.isFinite(seconds) && seconds > 0 ? Math.max(2, seconds) * 1000 : undefined;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw refused('a percent sign in it has to be written as %25');
  }
}

function systemUser(): string {
  try {
    return userInfo().username;
  } catch {
    throw refused('it names no user');
  }
}

function severalHosts(): MillraceError {
  return refused('it names several hosts; name the primary only (an address that follows the primary, for fail-over)');
}

function refused(why: string): MillraceError {
  return new MillraceError(POSTGRES_CODES.SOURCE_URI, `The source URI cannot be used: ${why}.`);
}

function optional<K extends string, V>(name: K, value: V | undefined): Partial<Record<K, V>> {
  return value === undefined ? {} : ({ [name]: value } as Record<K, V>);
}
