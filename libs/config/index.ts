export {
  type CommandLineSettings,
  commandLineSchema,
  readCommandLineSettings,
} from './command-line-settings.js';
export * from './config.codes.js';
export { type Environment, readEnvironment } from './environment.js';
export { jobEnvironment } from './job-environment.js';
export * from './reference.js';
export {
  readServiceSettings,
  secretVariables,
  SERVICES,
  type ServiceName,
  type ServiceSettings,
  serviceSchemas,
} from './service-settings.js';
export { readSettings, type Settings, settingsSchema } from './settings.js';
