import type { JobCommands } from '#job';
import { type DynamicModule, Inject, Injectable, Module, type OnModuleDestroy } from '@nestjs/common';

export const OPEN_JOB = Symbol('openJob');

/** Holds the one job of this process, and closes it when the application does. */
@Injectable()
export class EngineHost implements OnModuleDestroy {
  private job: JobCommands | undefined;

  constructor(@Inject(OPEN_JOB) private readonly openJob: () => Promise<JobCommands>) {}

  async open(): Promise<JobCommands> {
    this.job ??= await this.openJob();
    return this.job;
  }

  async onModuleDestroy(): Promise<void> {
    await this.job?.close();
  }
}

/** The whole engine in one process: what the services host apart, over the embedded log. */
@Module({})
export class EngineModule {
  static forJob(openJob: () => Promise<JobCommands>): DynamicModule {
    return {
      module: EngineModule,
      providers: [EngineHost, { provide: OPEN_JOB, useValue: openJob }],
      exports: [EngineHost],
    };
  }
}
