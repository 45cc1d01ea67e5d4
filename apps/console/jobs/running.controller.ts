import { Bodies, Params, ROUTES } from '#api';
import { hasDifferences } from '#job';
import { Body, Controller, Inject, Param, Req, Res } from '@nestjs/common';
import type { Request, Response } from '../http/exchange.js';
import type { z } from 'zod';
import { By } from '../auth/by.js';
import { type ConsoleParts, PARTS } from '../console-parts.js';
import { LongAnswers } from '../http/long-answers.js';
import { valid } from '../http/valid.js';
import { ApiRoute, PREFIX } from '../openapi/api-route.js';
import { entryOf, JobList } from './job-list.js';
import { OpenJobs } from './open-jobs.js';
import { RunWatch } from './run-watch.js';

const JOB = valid(Params.job);
const NONE = valid(Bodies.none);

/** What a job is asked to do: run, stop, hold, verify, end. */
@Controller(PREFIX)
export class RunningController {
  constructor(
    @Inject(PARTS) private readonly parts: ConsoleParts,
    @Inject(JobList) private readonly list: JobList,
    @Inject(OpenJobs) private readonly jobs: OpenJobs,
    @Inject(RunWatch) private readonly runs: RunWatch,
    @Inject(LongAnswers) private readonly answers: LongAnswers,
  ) {}

  @ApiRoute('runJob', ROUTES.runJob)
  async run(
    @Param('job', JOB) name: string,
    @Body(valid(Bodies.run)) body: z.infer<typeof Bodies.run>,
    @Req() request: Request,
    @Res() response: Response,
    @By() by: string,
  ): Promise<void> {
    const { file, fileName, untilSynced, ...asked } = body;
    await this.answers.answer(request, response, async (teller) => {
      const text = file === undefined ? undefined : { file, fileName };
      const job = await this.list.run(name, asked, by, text);
      if (!untilSynced) return this.parts.redactor.redactAll(entryOf(job));
      return this.runs.untilSynced(name, this.answers.tellOf(teller), teller.signal);
    });
  }

  @ApiRoute('stopJob', ROUTES.stopJob)
  async stop(@Param('job', JOB) name: string, @Body(NONE) _: unknown, @By() by: string) {
    return entryOf(await this.list.stop(name, by));
  }

  @ApiRoute('pauseJob', ROUTES.pauseJob)
  async pause(@Param('job', JOB) name: string, @Body(NONE) _: unknown, @By() by: string) {
    await this.jobs.look(name, (job) => job.pause());
    await this.list.note(name, 'pause', by);
    return { done: true };
  }

  @ApiRoute('resumeJob', ROUTES.resumeJob)
  async resume(@Param('job', JOB) name: string, @Body(NONE) _: unknown, @By() by: string) {
    await this.jobs.look(name, (job) => job.resume());
    await this.list.note(name, 'resume', by);
    return { done: true };
  }

  @ApiRoute('completeJob', ROUTES.completeJob)
  async complete(
    @Param('job', JOB) name: string,
    @Body(NONE) _: unknown,
    @Req() request: Request,
    @Res() response: Response,
    @By() by: string,
  ): Promise<void> {
    await this.answers.answer(request, response, async (teller) => {
      const before = await this.list.get(name);
      const report = await this.jobs.work(name, this.answers.tellOf(teller), (job) => job.complete(teller.signal));
      const completed = !hasDifferences(report);
      if (completed) await this.list.completed(before);
      await this.list.note(name, 'complete', by, { completed });
      return report;
    });
  }

  @ApiRoute('verifyJob', ROUTES.verifyJob)
  async verify(
    @Param('job', JOB) name: string,
    @Body(valid(Bodies.verify)) { collection, repair }: z.infer<typeof Bodies.verify>,
    @Req() request: Request,
    @Res() response: Response,
    @By() by: string,
  ): Promise<void> {
    const options = { repair, ...(collection === undefined ? {} : { collection }) };
    await this.answers.answer(request, response, async (teller) => {
      if (repair) await this.list.note(name, 'repair', by, options);
      return this.jobs.work(name, this.answers.tellOf(teller), (job) => job.verify(options, teller.signal));
    });
  }

  @ApiRoute('watchJob', ROUTES.watchJob)
  async watch(@Param('job', JOB) name: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    await this.answers.answer(request, response, (teller) =>
      this.runs.follow(name, this.answers.tellOf(teller), teller.signal),
    );
  }
}
