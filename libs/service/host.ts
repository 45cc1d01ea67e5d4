import { readFileSync } from 'node:fs';
import type { Environment } from '#config';
import { Redactor } from '#observability/redaction';
import type { Outside } from './run-service.js';

/** What is used of Node's own. */
export interface HostProcess {
  on(event: string, listener: (arg: unknown) => void): unknown;
  stderr: { write(text: string, written?: () => void): unknown };
  exit(code: number): void;
}

/** The real process. Errors that nothing has caught end it: as safe as a kill, and whoever runs it starts it again. */
export function processOutside(env: Environment, host: HostProcess = process): Outside {
  const redactor = redactorOf(env);
  for (const event of ['uncaughtException', 'unhandledRejection']) {
    host.on(event, (error) => {
      const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      host.stderr.write(`error UNEXPECTED: ${redactor.redact(text).split('\n')[0]}\n`, () => host.exit(1));
    });
  }
  return {
    env,
    readFile: (path) => {
      const content = readFileSync(path, 'utf8');
      learn(redactor, content.trim());
      return content;
    },
    writeLog: (line) => void host.stderr.write(line),
    onSignal: (listener) => {
      for (const name of ['SIGTERM', 'SIGINT']) host.on(name, () => listener(name));
    },
    exit: (code) => host.exit(code),
  };
}

/** Knows the passwords of all URIs that the service and its job files may use; messages of drivers may have them. */
function redactorOf(env: Environment): Redactor {
  const redactor = new Redactor();
  for (const value of Object.values(env)) if (value !== undefined && isUri(value)) redactor.addUri(value);
  return redactor;
}

/** What comes from a file is a secret, and the whole of it, where it is no URI. */
function learn(redactor: Redactor, content: string): void {
  if (isUri(content)) redactor.addUri(content);
  else redactor.add(content);
}

const isUri = (text: string): boolean => /^[a-z][a-z0-9+.-]*:\/\//i.test(text);
