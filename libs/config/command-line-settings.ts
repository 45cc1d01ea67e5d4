import { z } from 'zod';
import { type Environment, readEnvironment } from './environment.js';
import { optional, secret } from './fields.js';
import { settingsSchema } from './settings.js';

/** Of the command line: how the engine behaves in its process, and which console it speaks to instead. */
export const commandLineSchema = z.object({
  ...settingsSchema.shape,
  server: optional(
    'MILLRACE_SERVER',
    /^\S+$/,
    'a URL',
    'The console whose jobs commands work on, as `--server`; absent, they work in their own process.',
  ),
  token: secret(optional('MILLRACE_TOKEN', /^\S+$/, 'a text without spaces', 'The token for the console.')),
});

export type CommandLineSettings = z.infer<typeof commandLineSchema>;

export function readCommandLineSettings(env: Environment, readFile: (path: string) => string): CommandLineSettings {
  return readEnvironment(commandLineSchema, env, readFile);
}
