import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import type { JobCommands, JobEvent } from '#job';
import type { RegisteredJob, Trouble } from '#registry';
import type { ConsoleParts } from '../console-parts.js';
import type { OpenJobs } from './open-jobs.js';
import { RunWatch } from './run-watch.js';

const STREAMING: JobEvent = { kind: 'phase', phase: 'streaming' };
const NEVER = new AbortController().signal;
const REFUSED = { code: 'JOB_BLOCKED', message: 'm', remedy: 'r', exit: 4, findings: [{ severity: 'blocker' }] };

interface World {
  /** The entry of the list, one after the other as it is looked at; the last one stays. */
  entries: (Partial<RegisteredJob> | undefined)[];
  running?: boolean;
  events?: JobEvent[];
  /** When the process that runs the job says that it has caught up. */
  synced?: Promise<void>;
  troubles?: Trouble[];
}

const asked = (more: object = {}) => ({
  number: 2,
  wanted: 'running',
  fresh: false,
  dropTarget: false,
  force: [],
  ...more,
});
const entry = (more: object = {}) => ({ asked: asked(), ended: null, ...more }) as unknown as RegisteredJob;
const ended = (kind: string, error: unknown = null, number = 2) =>
  entry({ ended: { number, at: new Date(0), kind, error } });

function watchOf({ entries, running = true, events = [STREAMING], synced, troubles = [] }: World) {
  let looks = 0;
  let looked = 0;
  const next = async () => entries[Math.min(looks++, entries.length - 1)];
  const job = {
    status: async () => ({ running }),
    synced: () => synced ?? new Promise(() => undefined),
    async *watch(signal: AbortSignal) {
      yield* looked++ === 0 ? events : events.slice(-1);
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    },
  } as unknown as JobCommands;
  const timers = { now: () => 0, wait: (ms: number, signal?: AbortSignal) => delay(ms / 100, undefined, { signal }) };
  const registry = { find: next, get: next };
  const parts = { timers, list: async () => ({ registry, troubles: { of: async () => troubles } }) } as unknown;
  const jobs = { look: (_: string, work: (job: JobCommands) => unknown) => work(job) } as unknown as OpenJobs;
  const told: JobEvent[] = [];
  return { runs: new RunWatch(parts as ConsoleParts, jobs), told, tell: (event: JobEvent) => void told.push(event) };
}

describe('a run that is watched', () => {
  test.each<[string, World['entries'], object]>([
    ['is done', [entry(), ended('done')], { kind: 'done' }],
    ['is completed by somebody', [entry(), ended('completed')], { kind: 'completed' }],
    ['is forgotten', [entry(), undefined], { kind: 'completed' }],
    ['goes on over how a former one ended', [ended('refused', REFUSED, 1), ended('done')], { kind: 'done' }],
  ])('ends when it %s', async (_, entries, outcome) => {
    const { runs, tell } = watchOf({ entries });
    expect(await runs.follow('shop', tell, NEVER)).toEqual(outcome);
  });

  test('ends when it is not wanted any more, once nobody runs it', async () => {
    const { runs, tell } = watchOf({
      entries: [entry(), entry({ asked: asked({ wanted: 'stopped' }) })],
      running: false,
    });
    expect(await runs.follow('shop', tell, NEVER)).toEqual({ kind: 'stopped', synced: false });
  });

  test('fails with what it is refused for', async () => {
    const { runs, tell } = watchOf({ entries: [entry(), ended('refused', REFUSED)] });
    await expect(runs.follow('shop', tell, NEVER)).rejects.toMatchObject({
      code: 'JOB_BLOCKED',
      exit: 4,
      context: { findings: REFUSED.findings },
    });
  });

  test('says that nobody takes it up, and tells each phase once', async () => {
    const events: JobEvent[] = [
      { kind: 'phase', phase: 'none' },
      { kind: 'phase', phase: 'loading' },
    ];
    const { runs, tell, told } = watchOf({
      entries: [...Array(60).fill(entry()), ended('done')],
      running: false,
      events,
    });
    await runs.follow('shop', tell, NEVER);
    expect(told).toEqual([...events, { kind: 'trouble', message: expect.stringContaining('ingest') }]);
  });

  test('says what services have trouble with, and then not that nobody takes it up', async () => {
    const trouble: Trouble = { job: 'shop', service: 'ingest', process: 'p', message: 'no source', since: new Date(0) };
    const { runs, tell, told } = watchOf({
      entries: [...Array(60).fill(entry()), ended('done')],
      running: false,
      events: [{ kind: 'phase', phase: 'none' }],
      troubles: [trouble],
    });
    await runs.follow('shop', tell, NEVER);
    expect(told.filter(({ kind }) => kind === 'trouble')).toEqual([
      { kind: 'trouble', message: 'ingest: no source (since 00:00:00 UTC)' },
    ]);
  });

  test('ends with the signal', async () => {
    const { runs, tell } = watchOf({ entries: [entry()] });
    const gone = new AbortController();
    const watching = runs.follow('shop', tell, gone.signal);
    gone.abort(new Error('gone'));
    await expect(watching).rejects.toHaveProperty('name', 'AbortError');
  });
});

describe('a run until synced', () => {
  test('is done when who runs it has caught up, with the phase that it has come to', async () => {
    const synced = Promise.resolve();
    const { runs, tell, told } = watchOf({ entries: [entry()], synced });
    expect(await runs.untilSynced('shop', tell, NEVER)).toEqual({ kind: 'done' });
    expect(told).toEqual([STREAMING]);
  });

  test('asks nobody before a load anew has begun', async () => {
    const looks = [...Array(20).fill(entry({ asked: asked({ fresh: true }) })), ended('refused', REFUSED)];
    const { runs, tell } = watchOf({ entries: looks, synced: Promise.resolve() });
    await expect(runs.untilSynced('shop', tell, NEVER)).rejects.toMatchObject({ code: 'JOB_BLOCKED' });
  });
});
