import { composeJob, readJob, REAL_JOB_TIMERS } from '#compose';
import { jobEnvironment, type ServiceSettings } from '#config';
import { openJob } from '#job';
import { JobsList, makeKafkaLog, openRegistryStore, type ServiceDefinition, type ServiceParts } from '#service';
import { refuseOpenDoor, Tokens } from './auth/tokens.js';
import { ConsoleModule } from './console.module.js';
import type { ConsoleParts } from './console-parts.js';
import { prepareConsole } from './prepare-console.js';

/** The console as a service: over Kafka, so that what it does to a job that nobody runs goes through transform and write. */
export function consoleService(parts: ServiceParts & { settings: ServiceSettings<'console'> }): ServiceDefinition {
  const { settings, logger, redactor, service } = parts;
  const tokens = Tokens.of(settings.consoleTokens);
  for (const secret of Tokens.secretsOf(settings.consoleTokens)) redactor.add(secret);
  refuseOpenDoor(tokens, settings.httpHost);
  const list = new JobsList(() => openRegistryStore(settings));
  const env = jobEnvironment(parts.env);
  const made: ConsoleParts = {
    list: list.open,
    readJob: ({ file, fileName }) => readJob(file, { fileName, env, redactor }),
    openJob: (loaded, { onEvent, ...more }) =>
      openJob(
        composeJob(loaded, settings, onEvent, {
          makeLog: () => makeKafkaLog(settings, { service, logger }),
          roles: [],
          ...more,
        }),
      ),
    tokens,
    timers: REAL_JOB_TIMERS,
    redactor,
    logger,
  };
  return {
    module: ConsoleModule.of(made, () => list.close()),
    readiness: { isReady: () => list.isOpen },
    prepare: (application) => {
      prepareConsole(application, made);
      void list.keepTrying((err) => logger.warn({ err }, 'the list of jobs cannot be read'));
    },
  };
}
