import type { AuditPage, PageOptions } from '#job';
import { Inject, Injectable } from '@nestjs/common';
import { type ConsoleParts, PARTS } from '../console-parts.js';
import { OpenJobs } from '../jobs/open-jobs.js';

/** What was done to a job, and to its letters, in one order: ids of both begin with their time. */
@Injectable()
export class AuditTrail {
  constructor(
    @Inject(PARTS) private readonly parts: ConsoleParts,
    @Inject(OpenJobs) private readonly jobs: OpenJobs,
  ) {}

  /** Of a job that was forgotten, what was done to the job; its letters went with its state. */
  async page(name: string, { after, limit }: PageOptions): Promise<AuditPage> {
    const { registry, audit } = await this.parts.list();
    const own = await audit.list(name, { after, limit });
    const registered = await registry.find(name);
    if (registered === undefined && own.length === 0 && after === undefined) await registry.get(name);
    const ofLetters = registered === undefined ? [] : await this.ofLetters(name, { after, limit });
    const entries = [...own, ...ofLetters].sort((a, b) => (a.id < b.id ? -1 : 1)).slice(0, limit);
    return { entries, next: entries.length < limit ? null : (entries.at(-1)?.id ?? null) };
  }

  private async ofLetters(name: string, options: PageOptions): Promise<AuditPage['entries']> {
    return (await this.jobs.look(name, (job) => job.auditPage(options))).entries;
  }
}
