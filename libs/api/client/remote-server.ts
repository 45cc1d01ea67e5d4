import type { JobEvent, RunOptions } from '#job';
import type { z } from 'zod';
import { ROUTES } from '../routes.js';
import type { JobEntry as JobEntrySchema } from '../schemas.js';
import { ApiClient, type ServerAddress } from './api-client.js';
import { type JobFileText, RemoteJob } from './remote-job.js';

export type JobEntry = z.infer<typeof JobEntrySchema>;

/** The list of jobs that services run, by way of their console. */
export class RemoteServer {
  private readonly client: ApiClient;

  constructor(address: ServerAddress) {
    this.client = new ApiClient(address);
  }

  async create(file: JobFileText, options: Partial<RunOptions> & { start: boolean }): Promise<JobEntry> {
    return (await this.client.call(ROUTES.createJob, { body: { ...file, ...options } })) as JobEntry;
  }

  async list(): Promise<JobEntry[]> {
    return ((await this.client.call(ROUTES.listJobs)) as { jobs: JobEntry[] }).jobs;
  }

  async start(job: string): Promise<JobEntry> {
    return (await this.client.call(ROUTES.runJob, { params: { job }, body: {} })) as JobEntry;
  }

  async stop(job: string): Promise<JobEntry> {
    return (await this.client.call(ROUTES.stopJob, { params: { job } })) as JobEntry;
  }

  job(name: string, file: JobFileText | undefined, onEvent: (event: JobEvent) => void): RemoteJob {
    return new RemoteJob({ client: this.client, name, file, onEvent });
  }
}
