import { readServiceSettings, type ServiceName, serviceSchemas } from '#config';

export type Variables = Readonly<Record<string, string>>;

interface Meta {
  env: string;
  secret?: true;
}

/** The variables that a service reads, and those of secrets that it reads from files. */
export function variablesOf(service: ServiceName): { settings: string[]; secrets: string[] } {
  const metas = Object.values(serviceSchemas[service].shape).map((field) => field.meta() as unknown as Meta);
  return {
    settings: metas.map(({ env }) => env),
    secrets: metas.filter(({ secret }) => secret).map(({ env }) => env),
  };
}

/** Of what a deployment file sets for a service, the variables of Millrace that the service does not know. */
export function unknownVariables(service: ServiceName, environment: Variables): string[] {
  const { settings, secrets } = variablesOf(service);
  const known = new Set([...settings, ...secrets.map((name) => `${name}_FILE`)]);
  return Object.keys(environment).filter((name) => name.startsWith('MILLRACE_') && !known.has(name));
}

/** What mounted secrets hold, by the end of their files' names. */
const CONTENTS: Variables = {
  state_uri: 'mongodb://mongo.example.com/?replicaSet=rs0',
  kafka_password: 'a password',
  redis_uri: 'rediss://redis.example.com:6380',
  console_tokens: 'ada:0123456789abcdef, ops:fedcba9876543210',
};

/** As the service reads it at its start; throws all problems. */
export function settingsFrom<S extends ServiceName>(service: S, environment: Variables) {
  return readServiceSettings(service, environment, (path) => {
    const content = Object.entries(CONTENTS).find(([name]) => path.endsWith(name))?.[1];
    if (content === undefined) throw new Error(`${path} is no secret of Millrace's`);
    return content;
  });
}
