import { z } from 'zod';
import { MillraceError } from '#errors';
import { configErrors } from './config.codes.js';
import { type Environment, readEnvironment } from './environment.js';
import { choice, flag, metaOf, optional, required, secret, text, whole } from './fields.js';
import { settingsSchema } from './settings.js';

export const SERVICES = ['ingest', 'transform', 'write', 'dead-letter', 'console'] as const;
export type ServiceName = (typeof SERVICES)[number];

const MONGO = /^mongodb(\+srv)?:\/\/.+/;
const BROKERS = /^[^\s,:]+:\d+(\s*,\s*[^\s,:]+:\d+)*$/;
const PATH = /^\S.*$/;
const NOT_EMPTY = /^[\s\S]+$/;

/** Of every service. */
const common = {
  ...settingsSchema.shape,
  logFormat: choice(
    'MILLRACE_LOG_FORMAT',
    ['text', 'json'],
    'json',
    'Log lines on stderr: for people, or one JSON object a line for machines.',
  ),
  rowsPartitions: whole(
    'MILLRACE_ROWS_PARTITIONS',
    [1, 1024],
    6,
    'Partitions of the topic of rows: as many replicas of transform can share a job. Fixed for a load; takes effect with the next one.',
  ),
  touchesPartitions: whole(
    'MILLRACE_TOUCHES_PARTITIONS',
    [1, 1024],
    6,
    'Partitions of the topic of touches: as many replicas of write can share a job. Fixed for a load; takes effect with the next one.',
  ),
  readers: whole(
    'MILLRACE_READERS',
    [1, 256],
    4,
    'Partitions of the topics of tasks: as many chunks of tables are read side by side, by all replicas of ingest together. Fixed for a load.',
  ),
  stateUri: secret(
    required(
      'MILLRACE_STATE_URI',
      MONGO,
      'a MongoDB URI',
      'Where the list of jobs is kept. Jobs keep their own state beside their documents.',
    ),
  ),
  stateDatabase: text(
    'MILLRACE_STATE_DATABASE',
    /^[A-Za-z0-9_-]{1,63}$/,
    'millrace',
    'a name of letters, digits, _ and -',
    'The database of the list of jobs; another one for each deployment that shares the server.',
  ),
  kafkaBrokers: required(
    'MILLRACE_KAFKA_BROKERS',
    BROKERS,
    'host:port, separated by commas',
    'Some of the Kafka brokers.',
  ),
  kafkaTls: flag('MILLRACE_KAFKA_TLS', false, 'Whether connections to Kafka are encrypted.'),
  kafkaCaFile: optional(
    'MILLRACE_KAFKA_CA_FILE',
    PATH,
    'a path',
    "PEM file of the authorities that sign the brokers' certificates; the system's where absent. With TLS only.",
  ),
  kafkaCertificateFile: optional(
    'MILLRACE_KAFKA_CERTIFICATE_FILE',
    PATH,
    'a path',
    'PEM file of the client certificate, for brokers that want one. With TLS and its key only.',
  ),
  kafkaKeyFile: optional('MILLRACE_KAFKA_KEY_FILE', PATH, 'a path', 'PEM file of the key of the client certificate.'),
  kafkaSaslMechanism: choice(
    'MILLRACE_KAFKA_SASL_MECHANISM',
    ['none', 'plain', 'scram-sha-256', 'scram-sha-512'],
    'none',
    'How the services prove to Kafka who they are; `plain` with TLS for Confluent Cloud, `scram-sha-512` with TLS for MSK.',
  ),
  kafkaUsername: optional('MILLRACE_KAFKA_USERNAME', NOT_EMPTY, 'a text', 'User, or API key, for SASL.'),
  kafkaPassword: secret(optional('MILLRACE_KAFKA_PASSWORD', NOT_EMPTY, 'a text', 'Password, or API secret, for SASL.')),
  kafkaReplicationFactor: whole(
    'MILLRACE_KAFKA_REPLICATION_FACTOR',
    [1, 15],
    3,
    'Copies of each partition of the topics that are made.',
  ),
  kafkaMinInSyncReplicas: whole(
    'MILLRACE_KAFKA_MIN_IN_SYNC_REPLICAS',
    [1, 15],
    2,
    'So many copies must have a record before it counts; the replication factor at most, better one less.',
  ),
  kafkaCompression: choice('MILLRACE_KAFKA_COMPRESSION', ['none', 'gzip'], 'none', 'Of what is written to Kafka.'),
  kafkaSessionTimeoutMs: whole(
    'MILLRACE_KAFKA_SESSION_TIMEOUT_MS',
    [1_000, 300_000],
    8_000,
    'A replica that is silent for so long loses its partitions to the others. Brokers allow 6 to 300 seconds unless told otherwise.',
  ),
  httpHost: text(
    'MILLRACE_HTTP_HOST',
    /^\S+$/,
    '127.0.0.1',
    'an address',
    'Where health, metrics and the API are served; `0.0.0.0` in containers.',
  ),
  httpPort: whole(
    'MILLRACE_HTTP_PORT',
    [0, 65_535],
    8080,
    'The port of health, metrics and the API; 0 for any free one.',
  ),
  shutdownMs: whole(
    'MILLRACE_SHUTDOWN_MS',
    [100, 600_000],
    20_000,
    'When told to stop, a service drains for so long at most; keep it below the grace period of the orchestrator.',
  ),
};

const redis = {
  redisUri: secret(
    required(
      'MILLRACE_REDIS_URI',
      /^rediss?:\/\/.+/,
      'redis://… or rediss://… (TLS)',
      'Where retries of dead letters are scheduled; it may lose everything.',
    ),
  ),
  retriesPerSecond: whole(
    'MILLRACE_RETRIES_PER_SECOND',
    [1, 100_000],
    1_000,
    'So many dead letters of a job are tried again a second, by all replicas together.',
  ),
};

const api = {
  consoleTokens: secret(
    optional(
      'MILLRACE_CONSOLE_TOKENS',
      /^[^\s:,]+:[^\s,]{16,}(\s*[,\n]\s*[^\s:,]+:[^\s,]{16,})*$/,
      'name:token, separated by commas, each token of 16 characters at least',
      'Who may use the API. Needed unless it is served on loopback only; the names stand in the audit trail.',
    ),
  ),
};

export const serviceSchemas = {
  ingest: z.object(common),
  transform: z.object(common),
  write: z.object(common),
  'dead-letter': z.object({ ...common, ...redis }),
  console: z.object({ ...common, ...api }),
} as const satisfies Record<ServiceName, z.ZodObject>;

export type ServiceSettings<S extends ServiceName = 'ingest'> = z.infer<(typeof serviceSchemas)[S]>;

/** Read once, in a service's `main.ts`. */
export function readServiceSettings<S extends ServiceName>(
  service: S,
  env: Environment,
  readFile: (path: string) => string,
): ServiceSettings<S> {
  const settings = readEnvironment(serviceSchemas[service] as z.ZodObject, env, readFile) as ServiceSettings<S>;
  const problems = contradictionsOf(settings as Contradictory);
  if (problems.length === 0) return settings;
  throw new MillraceError(configErrors.SETTINGS_INVALID, problems.join('; '), { context: { settings: problems } });
}

type Contradictory = ServiceSettings & { redisUri?: string };

/** Each value may be, but not beside the others: told by name and mend, never by value. */
function contradictionsOf(settings: Contradictory): string[] {
  return [...copiesProblems(settings), ...tlsProblems(settings), ...saslProblems(settings), ...redisProblems(settings)];
}

function copiesProblems({ kafkaMinInSyncReplicas: least, kafkaReplicationFactor: copies }: Contradictory): string[] {
  if (least <= copies) return [];
  const [minimum, factor] = [envOf('kafkaMinInSyncReplicas'), envOf('kafkaReplicationFactor')];
  return [`${minimum} must not be above ${factor} (${copies}): no record would ever have so many copies`];
}

function tlsProblems(settings: Contradictory): string[] {
  const files = ['kafkaCaFile', 'kafkaCertificateFile', 'kafkaKeyFile'] as const;
  const given = files.filter((key) => settings[key] !== undefined).map(envOf);
  if (!settings.kafkaTls)
    return given.map((name) => `${name} has no effect without TLS: set ${envOf('kafkaTls')} to 1, or remove it`);
  return [
    ...alone(settings, 'kafkaCertificateFile', 'kafkaKeyFile'),
    ...alone(settings, 'kafkaKeyFile', 'kafkaCertificateFile'),
  ];
}

function saslProblems(settings: Contradictory): string[] {
  const credentials = ['kafkaUsername', 'kafkaPassword'] as const;
  const mechanism = envOf('kafkaSaslMechanism');
  if (settings.kafkaSaslMechanism !== 'none') {
    const missing = credentials.filter((key) => settings[key] === undefined).map(envOf);
    return missing.map((name) => `${name} must be set with ${mechanism}, or set that to none`);
  }
  const given = credentials.filter((key) => settings[key] !== undefined).map(envOf);
  return given.map((name) => `${name} has no effect without ${mechanism}: set that to plain or scram-…, or remove it`);
}

/** The client of Redis would not log in at all. */
function redisProblems({ redisUri }: Contradictory): string[] {
  if (redisUri === undefined || !URL.canParse(redisUri)) return [];
  const { username, password } = new URL(redisUri);
  if (username === '' || password !== '') return [];
  return [`${metaOf(redis.redisUri).env} must have a password beside its user: redis://user:password@…`];
}

function alone(settings: Contradictory, given: keyof typeof common, missing: keyof typeof common): string[] {
  if (settings[given] === undefined || settings[missing] !== undefined) return [];
  return [`${envOf(missing)} must be set with ${envOf(given)}, or remove that`];
}

const envOf = (key: keyof typeof common): string => metaOf(common[key]).env;

/** Variables that hold secrets of the services themselves. */
export function secretVariables(): string[] {
  const metas = SERVICES.flatMap((service) => Object.values(serviceSchemas[service].shape).map(metaOf));
  return [...new Set(metas.filter(({ secret }) => secret).map(({ env }) => env))];
}
