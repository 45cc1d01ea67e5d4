import { type DynamicModule, Module, type OnApplicationShutdown } from '@nestjs/common';
import { APP_FILTER, APP_INTERCEPTOR } from '@nestjs/core';
import { type ConsoleParts, PARTS } from './console-parts.js';
import { Failures } from './http/failures.js';
import { JsonAnswers } from './http/json-answers.js';
import { LongAnswers } from './http/long-answers.js';
import { JobList } from './jobs/job-list.js';
import { JobsController } from './jobs/jobs.controller.js';
import { OpenJobs } from './jobs/open-jobs.js';
import { RunningController } from './jobs/running.controller.js';
import { RunWatch } from './jobs/run-watch.js';
import { AuditTrail } from './letters/audit-trail.js';
import { LettersController } from './letters/letters.controller.js';
import { MappingController } from './mapping/mapping.controller.js';

/** Ends what the parts have opened, after all that uses it. */
class Closing implements OnApplicationShutdown {
  constructor(
    private readonly jobs: OpenJobs,
    private readonly close: () => Promise<void>,
  ) {}

  async onApplicationShutdown(): Promise<void> {
    await this.jobs.idle();
    await this.close();
  }
}

/** The REST API over the list of jobs and the commands of each. */
@Module({})
export class ConsoleModule {
  static of(parts: ConsoleParts, close: () => Promise<void> = async () => undefined): DynamicModule {
    return {
      module: ConsoleModule,
      controllers: [JobsController, RunningController, LettersController, MappingController],
      providers: [
        { provide: PARTS, useValue: parts },
        { provide: APP_FILTER, useClass: Failures },
        { provide: APP_INTERCEPTOR, useClass: JsonAnswers },
        LongAnswers,
        OpenJobs,
        JobList,
        RunWatch,
        AuditTrail,
        { provide: Closing, inject: [OpenJobs], useFactory: (jobs: OpenJobs) => new Closing(jobs, close) },
      ],
    };
  }
}
