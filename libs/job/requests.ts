import { randomUUID } from 'node:crypto';
import { MillraceError } from '#errors';
import { REQUESTS } from '#stage';
import type { Doc, Store } from '#store';
import { JOB_ERRORS } from './job.codes.js';
import type { Operation } from './operations.js';
import type { JobTimers } from './patience.js';

/** An operation asked of the holder of the lease, and its answer. */
interface RequestRecord extends Doc {
  _id: string;
  state: 'asked' | 'running' | 'done' | 'failed';
  operation: Operation;
  result: unknown;
  error: { code: string; cause: string; remedy: string; exit: number; message: string } | null;
  /** Counts up while the holder works on it. */
  beat: number;
}

const POLL_MS = 150;
const UNANSWERED_MS = 20_000;
const MOST = 100;

/** Asks the holder, and waits for the answer as long as the holder works on it. */
export async function ask(
  operation: Operation,
  store: Store,
  timers: JobTimers,
  signal?: AbortSignal,
): Promise<unknown> {
  const _id = `${String(Date.now()).padStart(15, '0')} ${randomUUID()}`;
  const asked: RequestRecord = { _id, state: 'asked', operation, result: null, error: null, beat: 0 };
  await store.write.put(REQUESTS, [asked]);
  let beat = -1;
  let seenMs = timers.now();
  try {
    for (;;) {
      await timers.wait(POLL_MS, signal);
      const record = await store.read.byId<RequestRecord>(REQUESTS, _id);
      if (record === undefined) throw unanswered();
      if (record.state === 'done') return record.result;
      if (record.state === 'failed' && record.error !== null) throw failureOf(record.error);
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
 * Carries out what others ask, one after another, until the signal is raised. What was asked of a former holder is
 * removed first: whoever asked has been told, or is gone, and must not be obeyed later.
 */
export async function answer(
  store: Store,
  timers: JobTimers,
  carryOut: (operation: Operation, asked: AbortSignal) => Promise<unknown>,
  signal: AbortSignal,
): Promise<void> {
  const left = await store.read.range(REQUESTS, {}, { limit: MOST, fields: ['_id'] });
  await store.write.remove(
    REQUESTS,
    left.map(({ _id }) => _id),
  );
  while (!signal.aborted) {
    const requests = await store.read.range<RequestRecord>(REQUESTS, {}, { limit: MOST });
    for (const request of requests) await answerOne(request, store, timers, carryOut);
    await timers.wait(POLL_MS, signal).catch(() => undefined);
  }
}

async function answerOne(
  request: RequestRecord,
  store: Store,
  timers: JobTimers,
  carryOut: (operation: Operation, asked: AbortSignal) => Promise<unknown>,
): Promise<void> {
  if (request.state === 'done' || request.state === 'failed') return;
  const working = new AbortController();
  const withdrawn = new AbortController();
  const beating = beat(request._id, store, timers, working.signal, withdrawn);
  try {
    const result = await carryOut(request.operation, withdrawn.signal);
    await store.write.patch(REQUESTS, request._id, { set: { state: 'done', result: result ?? null } });
  } catch (error) {
    if (withdrawn.signal.aborted) return;
    if (!(error instanceof MillraceError)) throw error;
    const { code, remedy, exit, message } = error;
    await store.write.patch(REQUESTS, request._id, {
      set: { state: 'failed', error: { code, cause: message, remedy, exit, message } },
    });
  } finally {
    working.abort();
    await beating;
  }
}

/** Shows that it is worked on; whoever asked withdraws by removing the request. */
async function beat(
  id: string,
  store: Store,
  timers: JobTimers,
  signal: AbortSignal,
  withdrawn: AbortController,
): Promise<void> {
  while (!signal.aborted) {
    const present = await store.write.patch(REQUESTS, id, { inc: { beat: 1 } });
    if (present === undefined) return withdrawn.abort(new Error('the request was withdrawn'));
    await timers.wait(1_000, signal).catch(() => undefined);
  }
}

function unanswered(): MillraceError {
  return new MillraceError(JOB_ERRORS.REQUEST_UNANSWERED, 'the process that runs this job did not answer');
}

function failureOf({ code, cause, remedy, exit, message }: NonNullable<RequestRecord['error']>): MillraceError {
  return new MillraceError({ code, cause, remedy, exit }, message);
}
