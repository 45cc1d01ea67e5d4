import type { Environment } from './environment.js';
import { secretVariables } from './service-settings.js';

/** What job files may read: all but the secrets of the services themselves, which whoever writes a file need not know. */
export function jobEnvironment(env: Environment): Environment {
  const hidden = new Set(secretVariables().flatMap((name) => [name, `${name}_FILE`]));
  return Object.fromEntries(Object.entries(env).filter(([name]) => !hidden.has(name)));
}
