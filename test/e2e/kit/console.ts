import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { composeJob, readJob, REAL_JOB_TIMERS } from '#compose';
import { MillraceError } from '#errors';
import { DEFAULT_TUNING, type JobEvent, openJob } from '#job';
import { createLogger, Redactor } from '#observability';
import { JobAudit, JobRegistry, type RegisteredJob, shouldRun, Troubles } from '#registry';
import { openMongoStore } from '#store/mongodb';
import type { TestMongo } from '#testing';
import { Tokens } from '../../../apps/console/auth/tokens.js';
import { ConsoleModule } from '../../../apps/console/console.module.js';
import type { ConsoleParts } from '../../../apps/console/console-parts.js';
import { prepareConsole } from '../../../apps/console/prepare-console.js';

export interface TestConsole extends AsyncDisposable {
  url: string;
  application: NestExpressApplication;
  registry: JobRegistry;
  /** What it has logged, at level warn and above. */
  log: string[];
  /** Runs the jobs of the list in this process, as an ingest does, until it is disposed of. */
  ingest(): AsyncDisposable;
}

/** A console in this process, whose jobs run over the embedded log; its list is in the test's own database. */
export async function testConsole(
  mongo: TestMongo,
  { env, tokens, port = 0 }: { env: Record<string, string>; tokens?: string; port?: number },
): Promise<TestConsole> {
  const { uri, database } = mongo;
  const store = await openMongoStore({ uri, stateDatabase: database, targetDatabase: database, appName: 'list' });
  const now = (): Date => new Date();
  const registry = new JobRegistry(store, now);
  const audit = new JobAudit(store, now, 'test');
  const troubles = new Troubles(store, now);
  const log: string[] = [];
  const redactor = new Redactor();
  const write = (line: string): void => void log.push(line);
  const parts: ConsoleParts = {
    list: async () => ({ registry, audit, troubles }),
    readJob: ({ file, fileName }) => readJob(file, { fileName, env, redactor }),
    openJob: (loaded, { onEvent, ...more }) => openJob(composeJob(loaded, DEFAULT_TUNING, onEvent, more)),
    tokens: Tokens.of(tokens),
    timers: REAL_JOB_TIMERS,
    redactor,
    logger: createLogger({ level: 'warn', format: 'json', write, redactor }),
  };
  const application = await NestFactory.create<NestExpressApplication>(ConsoleModule.of(parts), { logger: false });
  prepareConsole(application, parts);
  await application.listen(port, '127.0.0.1');
  return {
    url: await application.getUrl(),
    application,
    registry,
    log,
    ingest: () => startIngest(parts, registry),
    async [Symbol.asyncDispose]() {
      await application.close();
      await store.close();
    },
  };
}

function startIngest(parts: ConsoleParts, registry: JobRegistry): AsyncDisposable {
  const stopping = new AbortController();
  const running = new Map<string, { job: RegisteredJob; stop: AbortController; ended: Promise<void> }>();
  const look = async (): Promise<void> => {
    // Of what ran when the list was read, the list need not have how it ended.
    const before = new Set(running.keys());
    const jobs = await registry.list();
    for (const [name, { job, stop, ended }] of running) {
      const now = jobs.find(({ _id }) => _id === name);
      const isSame = now?.file === job.file && now.asked.wanted === 'running' && !now.asked.fresh;
      if (isSame || now?.asked.number === job.asked.number) continue;
      stop.abort();
      await ended;
    }
    for (const job of jobs) {
      if (before.has(job._id) || !shouldRun(job)) continue;
      const stop = new AbortController();
      const ended = runOne(job, { parts, registry }, stop.signal).finally(() => running.delete(job._id));
      running.set(job._id, { job, stop, ended });
    }
  };
  const working = (async () => {
    while (!stopping.signal.aborted) {
      await look();
      await REAL_JOB_TIMERS.wait(100, stopping.signal).catch(() => undefined);
    }
    for (const { stop, ended } of [...running.values()]) {
      stop.abort();
      await ended;
    }
  })();
  return {
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await working;
    },
  };
}

async function runOne(
  taken: RegisteredJob,
  { parts, registry }: { parts: ConsoleParts; registry: JobRegistry },
  signal: AbortSignal,
): Promise<void> {
  const { _id: name, file, fileName, asked } = taken;
  const onEvent = (event: JobEvent): void => {
    if (event.kind === 'phase') void registry.begun(name, asked.number);
  };
  const { fresh, dropTarget, force } = asked;
  const onCompleted = (): Promise<void> => registry.end(name, taken, { kind: 'completed', error: null });
  const job = parts.openJob(await parts.readJob({ file, fileName }), { onEvent, onCompleted });
  try {
    const { kind } = await job.run({ untilSynced: false, fresh, dropTarget, force }, signal);
    if (kind === 'done' || kind === 'loaded') await registry.end(name, taken, { kind: 'done', error: null });
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error;
    const { code, message, remedy, exit, context } = error;
    await registry.end(name, taken, { kind: 'refused', error: { code, message, remedy, exit, ...context } });
  } finally {
    await job.close();
  }
}
