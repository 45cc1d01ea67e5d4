import type { JobCommands, JobEvent } from '#job';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { type ConsoleParts, type JobText, PARTS } from '../console-parts.js';

interface Shared {
  text: JobText;
  job: Promise<JobCommands>;
  users: number;
  idle: NodeJS.Timeout | undefined;
}

const IDLE_MS = 30_000;
const SILENT = (): void => undefined;

/**
 * Jobs that requests work with. Those that only look share one per job, whose connections stay for a while; what may run
 * the job has its own, and its events.
 */
@Injectable()
export class OpenJobs implements OnApplicationShutdown {
  private readonly shared = new Map<string, Shared>();
  private readonly working = new Set<Promise<unknown>>();

  constructor(@Inject(PARTS) private readonly parts: ConsoleParts) {}

  /** For looking at a job of the list. */
  look<T>(name: string, work: (job: JobCommands) => Promise<T>): Promise<T> {
    return this.tracked(async () => {
      const shared = this.take(name, await this.textOf(name));
      try {
        return await work(await shared.job);
      } finally {
        this.leave(name, shared);
      }
    });
  }

  /** For what may take the job's lease. */
  async work<T>(name: string, onEvent: (event: JobEvent) => void, work: (job: JobCommands) => Promise<T>): Promise<T> {
    const { registry } = await this.parts.list();
    const taken = await registry.get(name);
    const { file, fileName } = taken;
    // What is asked from now on is of the job after that.
    const onCompleted = (): Promise<void> => registry.end(name, taken, { kind: 'completed', error: null });
    return this.withOpen({ file, fileName }, { onEvent, onCompleted }, work);
  }

  /** For a job file that need not be of the list. */
  ofText<T>(text: JobText, onEvent: (event: JobEvent) => void, work: (job: JobCommands) => Promise<T>): Promise<T> {
    return this.withOpen(text, { onEvent }, work);
  }

  /** What requests have begun has come to its end. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.working);
  }

  /** After all requests were answered or cut. */
  async onApplicationShutdown(): Promise<void> {
    await this.idle();
    const open = [...this.shared.values()];
    this.shared.clear();
    await Promise.all(open.map((shared) => this.close(shared)));
  }

  private withOpen<T>(
    text: JobText,
    parts: Parameters<ConsoleParts['openJob']>[1],
    work: (job: JobCommands) => Promise<T>,
  ): Promise<T> {
    return this.tracked(async () => {
      const job = await this.open(text, parts);
      try {
        return await work(job);
      } finally {
        await job.close();
      }
    });
  }

  private async tracked<T>(work: () => Promise<T>): Promise<T> {
    const working = work();
    this.working.add(working);
    try {
      return await working;
    } finally {
      this.working.delete(working);
    }
  }

  private async textOf(name: string): Promise<JobText> {
    const { file, fileName } = await (await this.parts.list()).registry.get(name);
    return { file, fileName };
  }

  private async open(text: JobText, parts: Parameters<ConsoleParts['openJob']>[1]): Promise<JobCommands> {
    return this.parts.openJob(await this.parts.readJob(text), parts);
  }

  private take(name: string, text: JobText): Shared {
    let shared = this.shared.get(name);
    if (shared !== undefined && shared.text.file !== text.file) {
      this.shared.delete(name);
      if (shared.users === 0) void this.close(shared);
      shared = undefined;
    }
    if (shared === undefined) {
      shared = { text, job: this.open(text, { onEvent: SILENT }), users: 0, idle: undefined };
      this.shared.set(name, shared);
    }
    clearTimeout(shared.idle);
    shared.users++;
    return shared;
  }

  /** One that could not be opened is not kept, nor one of a former file. */
  private leave(name: string, shared: Shared): void {
    if (--shared.users > 0) return;
    const isKept = this.shared.get(name) === shared;
    const end = (): void => {
      if (this.shared.get(name) === shared) this.shared.delete(name);
      void this.close(shared);
    };
    if (!isKept) return end();
    shared.idle = setTimeout(end, IDLE_MS);
    shared.idle.unref();
    shared.job.catch(() => {
      clearTimeout(shared.idle);
      end();
    });
  }

  private async close({ job, idle }: Shared): Promise<void> {
    clearTimeout(idle);
    await job
      .then((open) => open.close())
      .catch((err: unknown) => this.parts.logger.debug({ err }, 'a job was not closed'));
  }
}
