import { errorOfBody } from '#api';
import type { JobCommands, JobEvent, RunOutcome } from '#job';
import type { RegisteredJob } from '#registry';
import { Inject, Injectable } from '@nestjs/common';
import { type ConsoleParts, PARTS } from '../console-parts.js';
import { OpenJobs } from './open-jobs.js';
import { servicesTrouble } from './services-trouble.js';
import { TroubleTold } from './trouble-told.js';

const LOOK_MS = 500;
const TROUBLE_LOOK_MS = 1_000;
/** So long somebody may take to take a job up. */
const TAKEN_UP_MS = 20_000;
const NOBODY = 'no process runs this job yet: is a service `ingest` up, and what does its log say of the job?';

interface Watched {
  name: string;
  job: JobCommands;
  onEvent: (event: JobEvent) => void;
}

type Told = Watched & { trouble: TroubleTold };

/** Watches the run that was asked for last: its events, and how it ends. */
@Injectable()
export class RunWatch {
  constructor(
    @Inject(PARTS) private readonly parts: ConsoleParts,
    @Inject(OpenJobs) private readonly jobs: OpenJobs,
  ) {}

  /** Until the run ends, by itself or because it is not wanted any more; throws what it was refused for. */
  follow(name: string, onEvent: (event: JobEvent) => void, signal: AbortSignal): Promise<RunOutcome> {
    return this.jobs.look(name, (job) => this.watch({ name, job, onEvent }, signal, []));
  }

  /** Until what the source had committed is in the target, or the run has ended before. */
  untilSynced(name: string, onEvent: (event: JobEvent) => void, signal: AbortSignal): Promise<RunOutcome> {
    return this.jobs.look(name, (job) =>
      this.watch({ name, job, onEvent }, signal, [(stop) => this.synced(name, job, stop)]),
    );
  }

  private async watch(
    given: Watched,
    signal: AbortSignal,
    further: readonly ((stop: AbortSignal) => Promise<RunOutcome>)[],
  ): Promise<RunOutcome> {
    const trouble = new TroubleTold(withoutRepeats(given.onEvent));
    const watched: Told = { ...given, onEvent: trouble.take, trouble };
    const over = new AbortController();
    const stop = AbortSignal.any([signal, over.signal]);
    const ends = [
      this.ended(watched, stop),
      this.told(watched, stop),
      this.alone(watched, stop),
      this.served(watched, stop),
    ];
    try {
      const outcome = await Promise.race([...ends, ...further.map((end) => end(stop))]);
      await this.tellRest(watched, signal);
      return outcome;
    } finally {
      over.abort(new Error('the watch is over'));
    }
  }

  /** Only tells: what ends the watch is something else. */
  private async told({ job, onEvent }: Watched, stop: AbortSignal): Promise<never> {
    for await (const event of job.watch(stop)) onEvent(event);
    throw stop.reason;
  }

  /** The phase that it has come to since it was looked at last. */
  private async tellRest({ job, onEvent }: Watched, signal: AbortSignal): Promise<void> {
    for await (const event of job.watch(signal)) return onEvent(event);
  }

  /** Says so where nobody takes the job up, unless it is told why; until somebody does. */
  private async alone({ job, trouble }: Told, stop: AbortSignal): Promise<never> {
    const { timers } = this.parts;
    for (await timers.wait(TAKEN_UP_MS, stop); ; await timers.wait(TAKEN_UP_MS / 4, stop))
      trouble.takeRunning((await job.status()).running, NOBODY);
  }

  /** Tells what services have trouble with. Where that cannot be read now, it is what was read last. */
  private async served({ name, trouble }: Told, stop: AbortSignal): Promise<never> {
    for (;;) {
      await servicesTrouble(this.parts, name).then(
        (message) => trouble.takeServices(message),
        () => undefined,
      );
      await this.parts.timers.wait(TROUBLE_LOOK_MS, stop);
    }
  }

  private async ended({ name, job }: Watched, stop: AbortSignal): Promise<RunOutcome> {
    const { timers } = this.parts;
    const { registry } = await this.parts.list();
    for (;;) {
      const entry = await registry.find(name);
      if (entry === undefined) return { kind: 'completed' };
      const outcome = outcomeOf(entry);
      if (outcome !== undefined) return outcome;
      if (entry.asked.wanted === 'stopped' && !(await job.status()).running) return { kind: 'stopped', synced: false };
      await timers.wait(LOOK_MS, stop);
    }
  }

  /** A load anew is waited for: until it has begun, who answers is the run before it. */
  private async synced(name: string, job: JobCommands, stop: AbortSignal): Promise<RunOutcome> {
    const { registry } = await this.parts.list();
    while ((await registry.get(name)).asked.fresh) await this.parts.timers.wait(LOOK_MS, stop);
    await job.synced(stop);
    return { kind: 'done' };
  }
}

/** Looking anew begins with the phase, which may have been told. */
function withoutRepeats(onEvent: Watched['onEvent']): Watched['onEvent'] {
  let phase: string | undefined;
  return (event) => {
    if (event.kind === 'phase' && event.phase === phase) return;
    if (event.kind === 'phase') phase = event.phase;
    onEvent(event);
  };
}

function outcomeOf({ asked, ended }: RegisteredJob): RunOutcome | undefined {
  if (ended === null || ended.number !== asked.number) return undefined;
  if (ended.error !== null) throw errorOfBody({ error: ended.error });
  return { kind: ended.kind === 'completed' ? 'completed' : 'done' };
}
