import { Bodies, Params, ROUTES } from '#api';
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
import { servicesTrouble } from './services-trouble.js';

const JOB = valid(Params.job);

/** The list of jobs, their files, how far they are. */
@Controller(PREFIX)
export class JobsController {
  constructor(
    @Inject(PARTS) private readonly parts: ConsoleParts,
    @Inject(JobList) private readonly list: JobList,
    @Inject(OpenJobs) private readonly jobs: OpenJobs,
    @Inject(LongAnswers) private readonly answers: LongAnswers,
  ) {}

  @ApiRoute('createJob', ROUTES.createJob)
  async create(@Body(valid(Bodies.create)) body: z.infer<typeof Bodies.create>, @By() by: string) {
    const { file, fileName, start, ...asked } = body;
    const created = await this.list.create({ file, fileName }, by);
    return this.entry(start ? await this.list.run(created._id, asked, by) : created);
  }

  @ApiRoute('listJobs', ROUTES.listJobs)
  async all() {
    return { jobs: (await this.list.all()).map((job) => this.entry(job)) };
  }

  @ApiRoute('showJob', ROUTES.showJob)
  async show(@Param('job', JOB) name: string) {
    const entry = this.entry(await this.list.get(name));
    const status = await this.jobs.look(name, (job) => job.status());
    const trouble = status.trouble ?? (await servicesTrouble(this.parts, name));
    const shown = trouble === undefined ? status : { ...status, trouble };
    return { ...(this.parts.redactor.redactAll(shown) as typeof status), ...entry };
  }

  @ApiRoute('showFile', ROUTES.showFile)
  async file(@Param('job', JOB) name: string) {
    const { file, fileName } = await this.list.get(name);
    return { file, fileName };
  }

  @ApiRoute('replaceFile', ROUTES.replaceFile)
  async replaceFile(
    @Param('job', JOB) name: string,
    @Body(valid(Bodies.file)) body: z.infer<typeof Bodies.file>,
    @By() by: string,
  ) {
    return this.entry(await this.list.replaceFile(name, body, by));
  }

  @ApiRoute('removeJob', ROUTES.removeJob)
  async remove(
    @Param('job', JOB) name: string,
    @Req() request: Request,
    @Res() response: Response,
    @By() by: string,
  ): Promise<void> {
    await this.answers.answer(request, response, async ({ signal }) => {
      await this.list.remove(name, by, signal);
      return { done: true };
    });
  }

  private entry(job: Parameters<typeof entryOf>[0]) {
    return this.parts.redactor.redactAll(entryOf(job)) as ReturnType<typeof entryOf>;
  }
}
