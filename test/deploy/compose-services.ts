import { parse } from 'yaml';
import { SERVICES, type ServiceName } from '#config';

/**
 * What the environment in docker-compose.yml says of other containers, each beside what it stands for: the part of a URI
 * that a process outside of containers must have in its place. The one table of it; a service of docker-compose.yml that is
 * named in an environment and not in the table is an error.
 */
export const ADDRESSES = {
  kafka: 'kafka:9092',
  mongo: 'mongo-1:27017,mongo-2:27017,mongo-3:27017/?replicaSet=rs0',
  redis: 'redis:6379',
  postgres: 'shop:shop@postgres:5432/shop',
} as const;

/** For each, the real server's: `127.0.0.1:40001`, `127.0.0.1:40002/?replicaSet=test`, `user:password@127.0.0.1:40003/db`. */
export type RealAddresses = Readonly<Record<keyof typeof ADDRESSES, string>>;

/** One of Millrace's own services, as docker-compose.yml has it. */
export interface ComposeService {
  name: ServiceName;
  /** The program first: `node` is the one of the image. */
  command: string[];
  /** With `${NAME:-default}` resolved, and the addresses replaced. */
  environment: Record<string, string>;
  replicas: number;
}

interface Written {
  command?: string[];
  environment?: Record<string, unknown>;
  deploy?: { replicas?: unknown };
}

export interface ComposeOptions {
  addresses?: RealAddresses;
  /** What `${NAME}` in the file is; docker compose takes it from the shell. */
  variables?: Readonly<Record<string, string | undefined>>;
}

/** Millrace's own services in the text of docker-compose.yml. */
export function composeServices(text: string, options: ComposeOptions = {}): ComposeService[] {
  const { addresses = ADDRESSES, variables = {} } = options;
  const { services } = parse(text, { merge: true }) as { services: Record<string, Written> };
  const others = Object.keys(services).filter((name) => !isOurs(name));
  return SERVICES.map((name) => {
    const { command = [], environment = {}, deploy = {} } = services[name] ?? fail(`there is no service ${name}`);
    const resolve = (value: unknown) => resolved(String(value), variables);
    const real = Object.entries(environment).map(([variable, value]) => {
      const there = replaced(resolve(value), addresses);
      const left = addresses === ADDRESSES ? undefined : others.find((host) => names(there, host));
      return [
        variable,
        left === undefined ? there : fail(`${variable} of ${name} names ${left}, which is not in the table`),
      ];
    });
    return {
      name,
      command: command.map(resolve),
      environment: Object.fromEntries(real) as Record<string, string>,
      replicas: Number(resolve(deploy.replicas ?? 1)),
    };
  });
}

const isOurs = (name: string): boolean => (SERVICES as readonly string[]).includes(name);

function replaced(value: string, addresses: RealAddresses): string {
  let result = value;
  for (const [key, address] of Object.entries(ADDRESSES))
    result = result.replaceAll(address, addresses[key as keyof RealAddresses]);
  return result;
}

/** As the host in `host:port`. */
function names(value: string, host: string): boolean {
  return new RegExp(`(?:^|[/@,])${host}:\\d`).test(value);
}

/** Compose's own interpolation, as far as the file uses it: `${NAME}`, `${NAME:-default}`, `${NAME:?message}`, `$$`. */
export function resolved(value: string, variables: NonNullable<ComposeOptions['variables']>): string {
  return value.replace(/\$\$|\$\{(\w+)(?::([-?])([^}]*))?\}/g, (written, name?: string, kind?: string, rest = '') => {
    if (name === undefined) return '$';
    const set = variables[name];
    if (set !== undefined && set !== '') return set;
    if (kind === '-') return rest;
    return kind === '?' ? fail(`${name}: ${rest}`) : fail(`${name} is not set, and ${written} has no default`);
  });
}

function fail(message: string): never {
  throw new Error(message);
}
