import type { BatchHandler, ConsumeOptions, Consumer, Log, LogRecord } from '../log.js';

export interface LogConformance {
  /** `append` waits for the handlers (embedded) rather than for the log's own durability (Kafka). */
  appendResolvesWhenHandled: boolean;
  /** A handler's failure ends the topic and its pending appends, since nothing keeps the records. */
  handlerFailureEndsTopic: boolean;
  /** What is appended outlives the process. */
  keepsRecords: boolean;
}

export interface LogContext extends AsyncDisposable {
  log: Log;
}

export interface Numbered extends LogRecord {
  n: number;
}

export const OPTIONS: ConsumeOptions = { maxRecords: 100, maxBytes: 1_000_000, maxUncompleted: 2 };
export const DONE = Promise.resolve();
let topics = 0;

export async function topicOf(log: Log, partitions: number): Promise<string> {
  const name = `conformance.${process.pid}.${Date.now().toString(36)}.${++topics}`;
  await log.create([{ name, partitions }]);
  return name;
}

export function consume(
  log: Log,
  topic: string,
  options: ConsumeOptions,
  handler: BatchHandler<Numbered>,
): Promise<Consumer> {
  return log.consume<Numbered>(topic, 'group', options, handler);
}

export function collect(log: Log, topic: string, into: number[]): Promise<Consumer> {
  return consume(log, topic, OPTIONS, async (batch) => {
    for (const record of batch.records) into.push(record.n);
    return { completed: DONE };
  });
}

export function numbered(from: number, count: number): Numbered[] {
  return Array.from({ length: count }, (_, i) => ({ bytes: 10, n: from + i }));
}

export class Gate {
  open!: () => void;
  readonly opened = new Promise<void>((resolve) => {
    this.open = resolve;
  });
}

export function settled(promise: Promise<void>): {
  promise: Promise<void>;
  state(): 'pending' | 'resolved' | 'rejected';
} {
  let state: 'pending' | 'resolved' | 'rejected' = 'pending';
  promise.then(
    () => (state = 'resolved'),
    () => (state = 'rejected'),
  );
  return { promise, state: () => state };
}

/** Lets everything that is due run. */
export async function turn(): Promise<void> {
  for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve));
}

export async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`not within 20 s: ${condition.toString()}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

export function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}
