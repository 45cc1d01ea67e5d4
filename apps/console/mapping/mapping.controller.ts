import { API_ERRORS, Bodies, ROUTES } from '#api';
import { MillraceError } from '#errors';
import { canonical } from '#extended-json';
import type { JobCommands, JobEvent, Previewed } from '#job';
import { Body, Controller, Inject, Req, Res } from '@nestjs/common';
import type { Request, Response } from '../http/exchange.js';
import type { z } from 'zod';
import { type ConsoleParts, type JobText, PARTS } from '../console-parts.js';
import { LongAnswers, type Teller } from '../http/long-answers.js';
import { valid } from '../http/valid.js';
import { OpenJobs } from '../jobs/open-jobs.js';
import { ApiRoute, PREFIX } from '../openapi/api-route.js';

/** More of them are asked for line by line. */
const MOST_AT_ONCE = 1_000;
const SILENT = (_: JobEvent): void => undefined;

/** Looks at mappings, of the list or not yet. */
@Controller(PREFIX)
export class MappingController {
  constructor(
    @Inject(PARTS) private readonly parts: ConsoleParts,
    @Inject(OpenJobs) private readonly jobs: OpenJobs,
    @Inject(LongAnswers) private readonly answers: LongAnswers,
  ) {}

  @ApiRoute('check', ROUTES.check)
  async check(@Body(valid(Bodies.check)) body: z.infer<typeof Bodies.check>) {
    const findings = await this.with(body, (job) => job.check());
    return { findings: this.parts.redactor.redactAll(findings) };
  }

  @ApiRoute('preview', ROUTES.preview)
  async preview(
    @Body(valid(Bodies.preview)) body: z.infer<typeof Bodies.preview>,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const { collection, limit } = body;
    const options = { limit, ...(collection === undefined ? {} : { collection }) };
    await this.answers.answer(request, response, (teller) =>
      this.with(body, (job) => tellDocuments(job.preview(options), teller)),
    );
  }

  private with<T>(body: { job: string } | JobText, work: (job: JobCommands) => Promise<T>): Promise<T> {
    return 'job' in body ? this.jobs.work(body.job, SILENT, work) : this.jobs.ofText(body, SILENT, work);
  }
}

async function tellDocuments(previewed: AsyncIterable<Previewed>, teller: Teller) {
  const documents: unknown[] = [];
  let count = 0;
  for await (const entry of previewed) {
    if (teller.signal.aborted) break;
    const told = { ...entry, document: entry.document === null ? null : canonical(entry.document) };
    count++;
    if (teller.isStream) await teller.each(told);
    else if (documents.push(told) > MOST_AT_ONCE)
      throw new MillraceError(
        API_ERRORS.REQUEST_INVALID,
        `more than ${MOST_AT_ONCE} documents are told line by line only`,
      );
  }
  return teller.isStream ? { count } : { documents, count };
}
