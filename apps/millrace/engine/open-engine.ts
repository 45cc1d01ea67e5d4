import 'reflect-metadata';
import { composeJob, type LoadedJobFile } from '#compose';
import { type JobCommands, type JobEvent, openJob, type Rooms } from '#job';
import { NestLogger } from '#observability';
import { NestFactory } from '@nestjs/core';
import type { CommandContext } from '../command.js';
import { loggerOf } from '../logger.js';
import { EngineHost, EngineModule } from './engine.module.js';

/** The engine in this process, as a Nest application without a door; closing the job ends the application. */
export async function openEngine(
  loaded: LoadedJobFile,
  context: Pick<CommandContext, 'host' | 'terminal' | 'settings'>,
  onEvent: (event: JobEvent) => void,
): Promise<JobCommands> {
  const logger = loggerOf(context, loaded.jobFile.job);
  const open = (rooms: Rooms): JobCommands => openJob(composeJob(loaded, context.settings, onEvent, { rooms }));
  const application = await NestFactory.createApplicationContext(EngineModule.forJob(open), {
    logger: new NestLogger(logger),
    abortOnError: false,
  });
  try {
    const job = application.get(EngineHost).open();
    return closing(job, () => application.close());
  } catch (error) {
    await application.close();
    throw error;
  }
}

/** The same job, whose `close` closes all around it. */
function closing(job: JobCommands, close: () => Promise<void>): JobCommands {
  return new Proxy(job, {
    get(target, name) {
      if (name === 'close') return close;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value as (...args: unknown[]) => unknown).bind(target) : value;
    },
  });
}
