import type { Kernel } from '../../kernel/index.js';
import type { Wal } from './wal.js';

/** How a transaction commits: each delay is the least after the step before. */
export interface CommitOptions {
  /** It does not wait for the flush, which the server does some time later: it is visible before a stream can have it. */
  asynchronous?: boolean;
  flushedAfterMs?: number;
  committedAfterMs?: number;
  /** A standby that is slow to answer. */
  visibleAfterMs?: number;
}

/** What each step does to the transaction itself. */
export interface Committing {
  readonly label: string;
  /** Its commit record into the log; returns where that ends. */
  write(): bigint;
  setCommitted(): void;
  becomeVisible(): void;
}

/**
 * PostgreSQL's order of a commit, each step an event: the record is written, flushed (a stream may deliver it from now on),
 * set in the commit log, and at last the transaction is taken from those that run. Returns what stops it where it is.
 */
export function commitInSteps(kernel: Kernel, wal: Wal, tx: Committing, options: CommitOptions): () => void {
  const { asynchronous = false, flushedAfterMs = 0, committedAfterMs = 0, visibleAfterMs = 0 } = options;
  let end = 0n;
  const steps: Step[] = [
    ['is in the commit log', committedAfterMs, () => tx.setCommitted()],
    ['is visible', visibleAfterMs, () => tx.becomeVisible()],
  ];
  if (!asynchronous) steps.unshift(['is flushed', flushedAfterMs, () => wal.flush(end)]);
  const write = () => {
    end = tx.write();
    if (asynchronous) kernel.schedule(kernel.servers, 'the log is flushed', () => wal.flush(), flushedAfterMs);
  };
  let cancel = (): void => {};
  const next = ([step, ...rest]: Step[]): void => {
    if (!step) return;
    const [what, delayMs, run] = step;
    const happen = () => {
      run();
      next(rest);
    };
    cancel = kernel.schedule(kernel.servers, `${tx.label} ${what}`, happen, delayMs);
  };
  next([['is written', 0, write], ...steps]);
  return () => cancel();
}

type Step = [what: string, delayMs: number, run: () => void];
