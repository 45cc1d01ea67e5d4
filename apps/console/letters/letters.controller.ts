import { Bodies, Params, Queries, ROUTES } from '#api';
import { Body, Controller, Inject, Param, Query, Req, Res } from '@nestjs/common';
import type { Request, Response } from '../http/exchange.js';
import type { z } from 'zod';
import { By } from '../auth/by.js';
import { LongAnswers } from '../http/long-answers.js';
import { valid } from '../http/valid.js';
import { OpenJobs } from '../jobs/open-jobs.js';
import { ApiRoute, PREFIX } from '../openapi/api-route.js';
import { AuditTrail } from './audit-trail.js';
import { replay } from './replay.js';

const JOB = valid(Params.job);
const ID = valid(Params.id);

/** Documents that could not be written, and what becomes of them. */
@Controller(PREFIX)
export class LettersController {
  constructor(
    @Inject(OpenJobs) private readonly jobs: OpenJobs,
    @Inject(AuditTrail) private readonly trail: AuditTrail,
    @Inject(LongAnswers) private readonly answers: LongAnswers,
  ) {}

  @ApiRoute('listLetters', ROUTES.listLetters)
  list(@Param('job', JOB) name: string, @Query(valid(Queries.letters)) query: z.infer<typeof Queries.letters>) {
    const { after, limit, ...filter } = query;
    return this.jobs.look(name, (job) => job.lettersPage(given(filter), { after, limit }));
  }

  @ApiRoute('showLetter', ROUTES.showLetter)
  show(@Param('job', JOB) name: string, @Param('id', ID) id: string) {
    return this.jobs.look(name, (job) => job.showLetter(id));
  }

  @ApiRoute('editLetter', ROUTES.editLetter)
  async edit(
    @Param() { job: name, id }: { job: string; id: string },
    @Body(valid(Bodies.edit)) { columns }: z.infer<typeof Bodies.edit>,
    @Req() request: Request,
    @Res() response: Response,
    @By() by: string,
  ): Promise<void> {
    await this.answers.answer(request, response, async (teller) => ({
      done: true,
      ...(await this.jobs.work(name, this.answers.tellOf(teller), (job) => job.editLetter(id, columns, by))),
    }));
  }

  @ApiRoute('replayLetters', ROUTES.replayLetters)
  async replay(
    @Param('job', JOB) name: string,
    @Body(valid(Bodies.replay)) body: z.infer<typeof Bodies.replay>,
    @Req() request: Request,
    @Res() response: Response,
    @By() by: string,
  ): Promise<void> {
    const { filter, all, ids, dryRun } = body;
    const wanted = filter === undefined ? { all: all ?? false, ids: ids ?? [] } : given(filter);
    await this.answers.answer(request, response, (teller) =>
      this.jobs.work(name, this.answers.tellOf(teller), (job) => replay(job, { wanted, dryRun, by }, teller.signal)),
    );
  }

  @ApiRoute('discardLetters', ROUTES.discardLetters)
  discard(
    @Param('job', JOB) name: string,
    @Body(valid(Bodies.discard)) { ids, reason }: z.infer<typeof Bodies.discard>,
    @By() by: string,
  ) {
    return this.jobs.look(name, (job) => job.discardLetters(ids, reason, by));
  }

  @ApiRoute('auditTrail', ROUTES.auditTrail)
  audit(@Param('job', JOB) name: string, @Query(valid(Queries.page)) page: z.infer<typeof Queries.page>) {
    return this.trail.page(name, page);
  }
}

/** Without what is undefined. */
function given<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}
