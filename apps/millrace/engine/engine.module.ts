import { DEAD_LETTER, DeadLetterModule, type MakeRetryQueue } from '#dead-letter';
import { INGEST, IngestModule, type MakeIngest } from '#ingest';
import type { JobCommands, Rooms } from '#job';
import { type MakeTransform, TRANSFORM, TransformModule } from '#transform';
import { type MakeWrite, WRITE, WriteModule } from '#write';
import { type DynamicModule, Inject, Injectable, Module, type OnModuleDestroy } from '@nestjs/common';

const OPEN_JOB = Symbol('openJob');

/** Holds the one job of this process, on the rooms that the modules host, and closes it when the application does. */
@Injectable()
export class EngineHost implements OnModuleDestroy {
  private job: JobCommands | undefined;

  constructor(
    @Inject(OPEN_JOB) private readonly openJob: (rooms: Rooms) => JobCommands,
    @Inject(INGEST) private readonly ingest: MakeIngest,
    @Inject(TRANSFORM) private readonly transform: MakeTransform,
    @Inject(WRITE) private readonly write: MakeWrite,
    @Inject(DEAD_LETTER) private readonly deadLetter: MakeRetryQueue,
  ) {}

  open(): JobCommands {
    const { ingest, transform, write, deadLetter } = this;
    this.job ??= this.openJob({ ingest, transform, write, deadLetter });
    return this.job;
  }

  async onModuleDestroy(): Promise<void> {
    await this.job?.close();
  }
}

/** The whole engine in one process: the modules that services host apart, over the embedded log. */
@Module({ imports: [IngestModule, TransformModule, WriteModule, DeadLetterModule] })
export class EngineModule {
  static forJob(openJob: (rooms: Rooms) => JobCommands): DynamicModule {
    return {
      module: EngineModule,
      providers: [EngineHost, { provide: OPEN_JOB, useValue: openJob }],
      exports: [EngineHost],
    };
  }
}
