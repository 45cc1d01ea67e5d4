import { readFileSync } from 'node:fs';
import type { Environment } from '#config';
import type { Outside } from './run-service.js';

/** The real process. Errors that nothing has caught end it: as safe as a kill, and whoever runs it starts it again. */
export function processOutside(env: Environment): Outside {
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => {
      const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      process.stderr.write(`error UNEXPECTED: ${text.split('\n')[0]}\n`, () => process.exit(1));
    });
  }
  return {
    env,
    readFile: (path) => readFileSync(path, 'utf8'),
    writeLog: (line) => void process.stderr.write(line),
    onSignal: (listener) => {
      for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, () => listener(name));
    },
    exit: (code) => process.exit(code),
  };
}
