import { randomUUID } from 'node:crypto';
import { MillraceError } from '#errors';
import { jsonText, parseInOrder, withBsonValues } from '#extended-json';
import { JOB, LEASE_ID, REQUESTS } from '#stage';
import type { Doc, Store } from '#store';
import { JOB_ERRORS } from './job.codes.js';
import { underLease } from './job-record.js';
import type { Operation } from './operations.js';
import type { JobTimers } from './patience.js';

/** An operation asked of the holder of the lease, and its answer. */
interface RequestRecord extends Doc {
  _id: string;
  /** The holder of the lease that was asked. */
  to: string;
  state: 'asked' | 'done' | 'failed';
  operation: Operation;
  /** As Extended JSON in a text: documents in it keep their types and the order of their fields. */
  result: string | null;
  error: { code: string; cause: string; remedy: string; exit: number; message: string } | null;
  /** Counts up while the holder works on it. */
  beat: number;
}

const POLL_MS = 150;
const UNANSWERED_MS = 20_000;
const MOST = 100;
const TAKEN_MS = 5_000;

/** Asks the holder, and waits for the answer as long as the holder works on it. */
export async function ask(
  operation: Operation,
  { store, timers, holder }: { store: Store; timers: JobTimers; holder: string },
  signal?: AbortSignal,
): Promise<unknown> {
  const _id = `${String(timers.now()).padStart(15, '0')} ${randomUUID()}`;
  const asked: RequestRecord = { _id, to: holder, state: 'asked', operation, result: null, error: null, beat: 0 };
  await store.write.put(REQUESTS, [asked]);
  let beat = -1;
  let seenMs = timers.now();
  try {
    for (;;) {
      await timers.wait(POLL_MS, signal);
      const record = await store.read.byId<RequestRecord>(REQUESTS, _id);
      if (record === undefined) throw unanswered();
      if (record.state === 'done') return parseInOrder(record.result ?? 'null');
      if (record.state === 'failed' && record.error !== null) throw failureOf(record.error);
      const lease = await store.read.byId(JOB, LEASE_ID, { fields: ['holder'] });
      if (lease?.holder !== holder) throw unanswered();
      if (record.beat !== beat) {
        beat = record.beat;
        seenMs = timers.now();
      } else if (timers.now() - seenMs > UNANSWERED_MS) {
        throw unanswered();
      }
    }
  } finally {
    await store.write.remove(REQUESTS, [_id]);
  }
}

/**
 * Carries out what others ask of this holder until the signal is raised: one after another, but for pausing and going on,
 * which wait for nothing. What was asked of a former holder is removed: whoever asked has been told, or is gone, and must
 * not be obeyed later. Not by one that is a former holder itself and has slept: it would take what the present one is asked for that.
 */
export async function answer(
  { store, timers, holder }: { store: Store; timers: JobTimers; holder: string },
  carryOut: (operation: Operation, asked: AbortSignal) => Promise<unknown>,
  signal: AbortSignal,
): Promise<void> {
  const begun = new Set<string>();
  const lanes = { hold: Promise.resolve(), work: Promise.resolve() };
  const failed = new AbortController();
  const stop = AbortSignal.any([signal, failed.signal]);
  // Whoever was killed as it took its answer may have a request open in MongoDB for a minute: others do not wait for that.
  let isRemoving = false;
  const remove = async (ids: string[]): Promise<void> => {
    isRemoving = true;
    await underLease(store, holder, (tx) => tx.remove(REQUESTS, ids));
    isRemoving = false;
  };
  while (!stop.aborted) {
    const requests = await store.read.range<RequestRecord>(REQUESTS, {}, { limit: MOST });
    const stale = requests.filter((request) => request.to !== holder).map(({ _id }) => _id);
    if (stale.length > 0 && !isRemoving) remove(stale).catch((error: unknown) => failed.abort(error));
    for (const request of requests) {
      if (request.to !== holder || begun.has(request._id)) continue;
      begun.add(request._id);
      const lane = request.operation.kind === 'pause' || request.operation.kind === 'resume' ? 'hold' : 'work';
      const waiting = new Waiting(request._id, store, timers);
      lanes[lane] = lanes[lane]
        .then(() => (stop.aborted ? undefined : answerOne(request, store, waiting, carryOut, stop)))
        .finally(() => waiting.over());
      lanes[lane].catch((error: unknown) => failed.abort(error));
    }
    await timers.wait(POLL_MS, stop).catch(() => undefined);
  }
  await Promise.all([lanes.hold, lanes.work]);
  if (!signal.aborted) throw failed.signal.reason;
}

/** Whoever asked has taken the answer, or does not come any more. */
export async function answersTaken(store: Store, timers: JobTimers): Promise<void> {
  for (const begun = timers.now(); timers.now() - begun < TAKEN_MS; ) {
    const left = await store.read.range(REQUESTS, {}, { limit: 1, fields: ['_id'] });
    if (left.length === 0) return;
    await timers.wait(POLL_MS);
  }
}

/** All that was asked of this holder, also while it did something else, has its answer, and the answers are taken. */
export async function allAnswered(store: Store, timers: JobTimers, holder: string): Promise<void> {
  for (;;) {
    const requests = await store.read.range<RequestRecord>(REQUESTS, {}, { limit: MOST });
    if (!requests.some(({ to, state }) => to === holder && state === 'asked')) break;
    await timers.wait(POLL_MS);
  }
  await answersTaken(store, timers);
}

async function answerOne(
  request: RequestRecord,
  store: Store,
  waiting: Waiting,
  carryOut: (operation: Operation, asked: AbortSignal) => Promise<unknown>,
  stop: AbortSignal,
): Promise<void> {
  const { withdrawn } = waiting;
  if (withdrawn.aborted) return;
  try {
    const result = await carryOut(request.operation, withdrawn);
    await handOver(result ?? null, request._id, store);
  } catch (error) {
    if (withdrawn.aborted) return;
    if (!(error instanceof MillraceError)) throw error;
    // What fails as this holder stops, or is one no more, the next one is asked for.
    if (stop.aborted || error.code === JOB_ERRORS.JOB_TAKEN_OVER.code) return;
    const { code, remedy, exit, message } = error;
    await store.write.patch(REQUESTS, request._id, {
      set: { state: 'failed', error: { code, cause: message, remedy, exit, message } },
    });
  }
}

/** The answer is one document of the state database. */
async function handOver(answered: unknown, id: string, store: Store): Promise<void> {
  try {
    const result = jsonText(withBsonValues(answered));
    await store.write.patch(REQUESTS, id, { set: { state: 'done', result } });
  } catch (cause) {
    if (cause instanceof MillraceError) throw cause;
    throw new MillraceError(JOB_ERRORS.ANSWER_TOO_LARGE, JOB_ERRORS.ANSWER_TOO_LARGE.cause, { cause });
  }
}

/** Shows that it is seen, in line as well as at work; whoever asked withdraws by removing the request. */
class Waiting {
  private readonly gone = new AbortController();
  private readonly done = new AbortController();
  private readonly beating: Promise<void>;

  constructor(
    private readonly id: string,
    private readonly store: Store,
    private readonly timers: JobTimers,
  ) {
    this.beating = this.beat();
    this.beating.catch(() => undefined);
  }

  get withdrawn(): AbortSignal {
    return this.gone.signal;
  }

  async over(): Promise<void> {
    this.done.abort();
    await this.beating;
  }

  private async beat(): Promise<void> {
    const { signal } = this.done;
    while (!signal.aborted) {
      const present = await this.store.write.patch(REQUESTS, this.id, { inc: { beat: 1 } });
      if (present === undefined) return this.gone.abort(new Error('the request was withdrawn'));
      await this.timers.wait(1_000, signal).catch(() => undefined);
    }
  }
}

function unanswered(): MillraceError {
  return new MillraceError(JOB_ERRORS.REQUEST_UNANSWERED, 'the process that runs this job did not answer');
}

export function isUnanswered(error: unknown): boolean {
  return error instanceof MillraceError && error.code === JOB_ERRORS.REQUEST_UNANSWERED.code;
}

function failureOf({ code, cause, remedy, exit, message }: NonNullable<RequestRecord['error']>): MillraceError {
  return new MillraceError({ code, cause, remedy, exit }, message);
}
