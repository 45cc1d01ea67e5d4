import type { JobDeps } from '#job';
import type { Log, LogRecord } from '#log';
import type { CaptureEvents, CaptureStream, Source } from '#sources';
import type { CollectionRef, Store, StoreTransaction, StoreWriter } from '#store';

/**
 * Told of each step of the engine that goes through a port, by name, before and after it: `chunks patch before`,
 * `rows committing`, `append touches build after`, `confirm before` … What it returns is awaited, so it can end the process,
 * hold the engine at that very place, or fail the step.
 */
export type AtStep = (step: string) => void | Promise<void>;

/** The same job on ports that tell of their steps. */
export function tracedDeps(deps: JobDeps, at: AtStep): JobDeps {
  return {
    ...deps,
    openStore: async (onRetry) => tracedStore(await deps.openStore(onRetry), at),
    openSource: async () => tracedSource(await deps.openSource(), at),
    makeLog: () => tracedLog(deps.makeLog(), at),
  };
}

export function tracedStore(store: Store, at: AtStep): Store {
  const write = tracedWriter(store.write, at, '');
  return overlay(store, {
    write,
    transact: async (label, work, signal) => {
      if (WITH_A_CONDITION.includes(label)) return tracedAsOne(store, label, work, at, signal);
      const result = await store.transact(
        label,
        async (tx) => {
          const made = await work(overlay(tx, tracedWriter(tx, at, `${label}: `) as Partial<StoreTransaction>));
          await at(`${label} committing`);
          return made;
        },
        signal,
      );
      await at(`${label} committed`);
      return result;
    },
    drop: (collection) => around(at, `${kindOf(collection)} drop`, () => store.drop(collection)),
    dropState: () => around(at, 'state drop', () => store.dropState()),
    createCollection: (collection, options) =>
      around(at, `${kindOf(collection)} create`, () => store.createCollection(collection, options)),
    createIndex: (collection, field) =>
      around(at, `${kindOf(collection)} index`, () => store.createIndex(collection, field)),
  });
}

/** Of transactions that are one write, and a look at what it depends on. */
const WITH_A_CONDITION = ['job', 'fan-out task'];

/** The write is done once the transaction has committed. */
async function tracedAsOne<T>(
  store: Store,
  label: string,
  work: (tx: StoreTransaction) => Promise<T>,
  at: AtStep,
  signal: AbortSignal | undefined,
): Promise<T> {
  let done: string[] = [];
  const told: AtStep = (step) => (step.endsWith(' after') ? void done.push(step) : at(step));
  const result = await store.transact(
    label,
    (tx) => {
      done = [];
      return work(overlay(tx, tracedWriter(tx, told, '') as Partial<StoreTransaction>));
    },
    signal,
  );
  for (const step of done) await at(step);
  return result;
}

export function tracedLog(log: Log, at: AtStep): Log {
  return overlay(log, {
    append: async <R extends LogRecord>(topic: string, partition: number, records: readonly R[]) => {
      const [first] = records as readonly { kind?: string; origin?: string }[];
      const name = `append ${topic.split('.').at(-1)} ${first?.kind ?? first?.origin ?? 'task'}`;
      await at(`${name} before`);
      await log.append(topic, partition, records);
      await at(`${name} after`);
    },
    remove: (topics) => around(at, 'topics remove', () => log.remove(topics)),
  });
}

export function tracedSource(source: Source, at: AtStep): Source {
  return overlay(source, {
    beginCapture: (...args) => around(at, 'begin capture', () => source.beginCapture(...args)),
    dropCapture: (...args) => around(at, 'drop capture', () => source.dropCapture(...args)),
    writeMarker: (...args) => around(at, 'marker write', () => source.writeMarker(...args)),
    openReader: (...args) => around(at, 'reader open', () => source.openReader(...args)),
    capture: (...args) => tracedStream(source.capture(...args), at),
    readChunk: (table, chunk, options) => tracedRows(source.readChunk(table, chunk, options), at),
  });
}

function tracedStream(stream: CaptureStream, at: AtStep): CaptureStream {
  return {
    confirm: (commit) => {
      void at('confirm before');
      stream.confirm(commit);
      void at('confirm after');
    },
    stop: () => stream.stop(),
    async *[Symbol.asyncIterator](): AsyncGenerator<CaptureEvents> {
      for await (const events of stream) {
        for (const event of events.events) if (event.op !== 'commit') await at(`captured ${event.op}`);
        yield events;
      }
    },
  };
}

async function* tracedRows<T>(rows: AsyncIterable<T>, at: AtStep): AsyncGenerator<T> {
  for await (const some of rows) {
    await at('chunk rows');
    yield some;
  }
  await at('chunk read');
}

const WRITES = ['insert', 'replace', 'put', 'remove', 'patch'] as const;

function tracedWriter(writer: StoreWriter, at: AtStep, prefix: string): StoreWriter {
  const traced: Record<string, unknown> = {};
  for (const name of WRITES) {
    const call = writer[name].bind(writer) as (...args: unknown[]) => Promise<unknown>;
    traced[name] = (collection: CollectionRef, ...args: unknown[]) =>
      around(at, `${prefix}${stepOf(collection, name, args)}`, () => call(collection, ...args));
  }
  return traced as unknown as StoreWriter;
}

function stepOf(collection: CollectionRef, name: string, args: readonly unknown[]): string {
  const kind = kindOf(collection);
  if (name !== 'patch' || !['job', 'requests'].includes(kind)) return `${kind} ${name}`;
  const { set = {} } = args[1] as { set?: Record<string, unknown> };
  if (kind === 'requests') return `request ${String(set['state'] ?? 'patch')}`;
  return set['phase'] === undefined ? `job patch ${Object.keys(set)[0] ?? ''}` : `job phase ${String(set['phase'])}`;
}

/** `stage_1-…_0` is `stage`, `chunks_1-…` is `chunks`; all collections of the user are `target`. */
function kindOf({ database, name }: CollectionRef): string {
  return database === 'target' ? 'target' : name.replace(/_.*$/, '');
}

async function around<T>(at: AtStep, step: string, work: () => Promise<T>): Promise<T> {
  await at(`${step} before`);
  const result = await work();
  await at(`${step} after`);
  return result;
}

/** The object with these members instead of its own; the others are called on the object itself. */
function overlay<T extends object>(target: T, members: Partial<T>): T {
  return new Proxy(target, {
    get(of, name) {
      if (name in members) return members[name as keyof T];
      const value: unknown = Reflect.get(of, name, of);
      return typeof value === 'function' ? (value.bind(of) as unknown) : value;
    },
  });
}
