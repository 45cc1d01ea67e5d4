import 'reflect-metadata';
import { type Environment, readServiceSettings, type ServiceName, type ServiceSettings } from '#config';
import { MillraceError } from '#errors';
import { createLogger, NestLogger } from '#observability';
import { Metrics } from '#observability/metrics';
import { Redactor } from '#observability/redaction';
import type { INestApplication, Type, DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { CustomTransportStrategy } from '@nestjs/microservices';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Readiness } from './health.controller.js';
import { ServiceModule } from './service.module.js';
import type { ServiceParts } from './work.js';

/** The process around a service, so that this file is the only one that speaks to it. */
export interface Outside {
  env: Environment;
  readFile(path: string): string;
  writeLog(line: string): void;
  onSignal(listener: (name: string) => void): void;
  exit(code: number): void;
}

/** What a service is made of, beside what all have. */
export interface ServiceDefinition {
  module: Type | DynamicModule;
  readiness: Readiness;
  /** Of the topics that it consumes. */
  strategy?: CustomTransportStrategy;
  /** Before it listens. */
  prepare?(application: NestExpressApplication): void | Promise<void>;
}

export type Define<S extends ServiceName> = (
  parts: ServiceParts & { settings: ServiceSettings<S> },
) => ServiceDefinition | Promise<ServiceDefinition>;

/** Runs a service until it is told to stop: SIGTERM and SIGINT stop it cleanly, within `MILLRACE_SHUTDOWN_MS`. */
export async function runService<S extends ServiceName>(
  service: S,
  outside: Outside,
  define: Define<S>,
): Promise<void> {
  const redactor = new Redactor();
  let parts: ServiceParts & { settings: ServiceSettings<S> };
  try {
    parts = partsOf(service, outside, redactor);
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error;
    outside.writeLog(`${redactor.redact(`error ${error.code}: ${error.message}`)}\n  ${error.remedy}\n`);
    return outside.exit(error.exit);
  }
  try {
    await serve(parts, outside, await define(parts));
  } catch (err) {
    const remedy = err instanceof MillraceError ? `: ${err.remedy}` : '';
    parts.logger.fatal({ err }, `the service cannot start${remedy}`);
    outside.exit(err instanceof MillraceError ? err.exit : 1);
  }
}

function partsOf<S extends ServiceName>(service: S, { env, readFile, writeLog }: Outside, redactor: Redactor) {
  const settings = readServiceSettings(service, env, readFile);
  const { stateUri, kafkaPassword, debug, logLevel, logFormat } = settings as ServiceSettings;
  redactor.addUri(stateUri);
  if (kafkaPassword !== undefined) redactor.add(kafkaPassword);
  const logger = createLogger({
    level: debug ? 'debug' : logLevel,
    format: logFormat,
    write: writeLog,
    redactor,
    bindings: { service },
  });
  return { service, settings, env, redactor, logger, metrics: new Metrics(service) };
}

async function serve(parts: ServiceParts, outside: Outside, definition: ServiceDefinition): Promise<void> {
  const { settings, logger, metrics } = parts;
  const { strategy, readiness } = definition;
  const stopping = { asked: false };
  const readable: Readiness = { isReady: () => !stopping.asked && readiness.isReady() };
  const modules = [ServiceModule.of({ metrics, readiness: readable }), definition.module];
  const application = await NestFactory.create<NestExpressApplication>(
    { module: Root, imports: modules },
    { logger: new NestLogger(logger), abortOnError: false },
  );
  application.disable('x-powered-by');
  if (strategy) application.connectMicroservice({ strategy });
  await definition.prepare?.(application);
  outside.onSignal((name) => {
    if (stopping.asked) return;
    stopping.asked = true;
    void stop(application, name, { ...parts, outside });
  });
  await application.startAllMicroservices();
  await application.listen(settings.httpPort, settings.httpHost);
  const url = await application.getUrl();
  logger.info({ url }, `the service is up at ${url}`);
}

/** Stops taking in, drains, commits, leaves; what does not end in time is taken up by others, as after a crash. */
async function stop(
  application: INestApplication,
  name: string,
  { logger, settings, outside }: ServiceParts & { outside: Outside },
): Promise<void> {
  logger.info(`${name}: the service stops`);
  const { shutdownMs } = settings;
  const late = setTimeout(() => {
    logger.warn(`not everything ended within ${shutdownMs} ms; others take it up`);
    outside.exit(0);
  }, shutdownMs);
  try {
    await application.close();
    clearTimeout(late);
    logger.info('stopped');
    outside.exit(0);
  } catch (err) {
    logger.error({ err }, 'the service did not stop cleanly; others take up what it left');
    outside.exit(1);
  }
}

class Root {}
