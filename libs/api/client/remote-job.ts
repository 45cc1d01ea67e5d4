import { setTimeout as delay } from 'node:timers/promises';
import { MillraceError } from '#errors';
import type {
  AuditPage,
  CorrectedRow,
  JobCommands,
  JobEvent,
  JobStatus,
  LetterFilter,
  LetterPage,
  LetterSummary,
  LetterView,
  PageOptions,
  Previewed,
  ReplayReport,
  RunOptions,
  RunOutcome,
  VerifyReport,
} from '#job';
import type { Finding } from '#model';
import { SERVER_ERRORS } from '../api.codes.js';
import { type Route, ROUTES } from '../routes.js';
import type { ApiClient, Call } from './api-client.js';

/** A job file as it was read here: the server puts its own environment into it. */
export interface JobFileText {
  file: string;
  fileName: string;
}

export interface RemoteJobParts {
  client: ApiClient;
  name: string;
  /** Where the user named a file: what looks at a mapping looks at this one's, and a run is of it. */
  file?: JobFileText | undefined;
  onEvent: (event: JobEvent) => void;
}

const PAGE = 1_000;
const RECONNECT_MS = 1_000;
/** So long a server that went away is looked for while a job is watched. */
const PATIENCE_MS = 60_000;

/**
 * The commands of a job that services run, by way of their console. Documents are canonical Extended JSON as they come;
 * to make them so again changes nothing.
 */
export class RemoteJob implements JobCommands {
  constructor(private readonly parts: RemoteJobParts) {}

  async check(): Promise<Finding[]> {
    const body = this.parts.file ?? { job: this.parts.name };
    return ((await this.parts.client.call(ROUTES.check, { body })) as { findings: Finding[] }).findings;
  }

  async *preview(options: { collection?: string; limit: number }): AsyncGenerator<Previewed> {
    const body = { ...(this.parts.file ?? { job: this.parts.name }), ...options };
    for await (const line of this.parts.client.lines(ROUTES.preview, { body })) {
      if ('event' in line) yield line.event as Previewed;
    }
  }

  async run(options: RunOptions, signal: AbortSignal): Promise<RunOutcome> {
    const body = { ...this.parts.file, ...options };
    try {
      if (options.untilSynced) return (await this.long(ROUTES.runJob, { body, signal })) as RunOutcome;
      await this.call(ROUTES.runJob, { body, signal });
      return await this.followed(signal);
    } catch (error) {
      if (!signal.aborted) throw error;
      return options.untilSynced ? { kind: 'stopped', synced: false } : { kind: 'left' };
    }
  }

  verify(options: { collection?: string; repair: boolean }, signal: AbortSignal): Promise<VerifyReport> {
    return this.work(ROUTES.verifyJob, { body: options, signal });
  }

  async status(): Promise<JobStatus> {
    const { wanted, ended, createdBy, createdAt, changedAt, fileName, ...status } = (await this.call(
      ROUTES.showJob,
    )) as JobStatus & Record<string, unknown>;
    return status;
  }

  async listLetters(): Promise<LetterSummary[]> {
    const all: LetterSummary[] = [];
    for (let after: string | undefined; ; ) {
      const { letters, next } = await this.lettersPage({}, { after, limit: PAGE });
      all.push(...letters);
      if (next === null) return all.sort((a, b) => a.firstAt.localeCompare(b.firstAt));
      after = next;
    }
  }

  async lettersPage(filter: LetterFilter, options: PageOptions): Promise<LetterPage> {
    return (await this.call(ROUTES.listLetters, { query: { ...filter, ...options } })) as LetterPage;
  }

  async auditPage(options: PageOptions): Promise<AuditPage> {
    return (await this.call(ROUTES.auditTrail, { query: { ...options } })) as AuditPage;
  }

  async showLetter(id: string): Promise<LetterView> {
    return (await this.call(ROUTES.showLetter, { params: { id } })) as LetterView;
  }

  /** `by` is the user that the client names in each request. */
  async editLetter(id: string, columns: Record<string, string | null>): Promise<CorrectedRow> {
    const answer = await this.long(ROUTES.editLetter, { params: { id }, body: { columns } });
    const { done: _, ...row } = answer as CorrectedRow & { done: true };
    return row;
  }

  replayLetters(
    { ids, all, dryRun }: { ids: string[]; all: boolean; dryRun: boolean },
    _by: string,
    signal: AbortSignal,
  ): Promise<ReplayReport> {
    const body = { ...(all ? { all } : { ids }), dryRun };
    return this.work(ROUTES.replayLetters, { body, signal });
  }

  async discardLetters(ids: string[], reason: string | undefined): Promise<{ discarded: number }> {
    return (await this.call(ROUTES.discardLetters, { body: { ids, reason } })) as { discarded: number };
  }

  async pause(): Promise<void> {
    await this.call(ROUTES.pauseJob);
  }

  async resume(): Promise<void> {
    await this.call(ROUTES.resumeJob);
  }

  complete(signal: AbortSignal): Promise<VerifyReport> {
    return this.work(ROUTES.completeJob, { signal });
  }

  async reset(): Promise<void> {
    await this.long(ROUTES.removeJob, {});
  }

  async *watch(signal: AbortSignal): AsyncGenerator<JobEvent> {
    const call = this.of({ signal });
    for await (const line of this.parts.client.lines(ROUTES.watchJob, call)) {
      if ('event' in line) yield line.event as JobEvent;
    }
  }

  async synced(signal: AbortSignal): Promise<void> {
    await this.long(ROUTES.runJob, { body: { untilSynced: true }, signal });
  }

  async close(): Promise<void> {}

  /** The run that was asked for, to its end; the console may be away for a while, which the job does not notice. */
  private async followed(signal: AbortSignal): Promise<RunOutcome> {
    let awayMs: number | undefined;
    for (;;) {
      try {
        const told = (event: unknown): void => {
          if (awayMs !== undefined) this.parts.onEvent({ kind: 'recovered' });
          awayMs = undefined;
          this.parts.onEvent(event as JobEvent);
        };
        return (await this.parts.client.result(ROUTES.watchJob, this.of({ signal }), told)) as RunOutcome;
      } catch (error) {
        if (!isAway(error)) throw error;
        awayMs ??= Date.now();
        if (Date.now() - awayMs > PATIENCE_MS) throw error;
        this.parts.onEvent({ kind: 'trouble', message: (error as MillraceError).message });
        await delay(RECONNECT_MS, undefined, { signal });
      }
    }
  }

  /** As `long`; interrupted by the signal as the same command is without a server. */
  private async work<T>(route: Route, call: Call & { signal: AbortSignal }): Promise<T> {
    try {
      return (await this.long(route, call)) as T;
    } catch (error) {
      if (!call.signal.aborted) throw error;
      const { JOB_ERRORS } = await import('#job');
      throw new MillraceError(JOB_ERRORS.INTERRUPTED, 'the command was stopped before its end');
    }
  }

  private long(route: Route, call: Call): Promise<unknown> {
    return this.parts.client.result(route, this.of(call), (event) => this.parts.onEvent(event as JobEvent));
  }

  private call(route: Route, call: Call = {}): Promise<unknown> {
    return this.parts.client.call(route, this.of(call));
  }

  private of(call: Call): Call {
    return { ...call, params: { ...call.params, job: this.parts.name } };
  }
}

function isAway(error: unknown): boolean {
  return error instanceof MillraceError && error.code === SERVER_ERRORS.SERVER_UNREACHABLE.code;
}
