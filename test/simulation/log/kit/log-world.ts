import type { ConsumeOptions, Consumer, LogBatch, LogRecord } from '#log';
import { Kernel, type KernelOptions, SimProcess } from '../../kernel/index.js';
import { SimBroker, type SimBrokerOptions, SimLog } from '../index.js';

export interface Numbered extends LogRecord {
  n: number;
}

export interface Service {
  process: SimProcess;
  log: SimLog;
  consumer: Consumer;
  /** As it was told last. */
  partitions: readonly number[];
  batches: LogBatch<Numbered>[];
}

type WorldOptions = Partial<KernelOptions> & { partitions?: number; broker?: SimBrokerOptions };
type ServiceOptions = Partial<ConsumeOptions> & {
  completed?: (batch: LogBatch<Numbered>, process: SimProcess) => Promise<void>;
};

export const TOPIC = 'rows';
export const GROUP = 'transform';
const MOST_STEPS = 20_000;

export const numbered = (from: number, count = 1): Numbered[] =>
  Array.from({ length: count }, (_, i) => ({ bytes: 10, n: from + i }));

export const numbersOf = ({ batches }: Service, partition?: number): number[] =>
  batches
    .filter((batch) => partition === undefined || batch.partition === partition)
    .flatMap(({ records }) => records.map(({ n }) => n));

/** A broker with one topic, a producer, and services that are started by the test. */
export class LogWorld {
  readonly trace: string[] = [];
  readonly kernel: Kernel;
  readonly broker: SimBroker;
  readonly producer: SimLog;
  /** In the order in which they came, as `partition:offset`. */
  readonly commits: string[] = [];

  private constructor(readonly options: WorldOptions) {
    this.kernel = new Kernel({
      seed: 1,
      onTrace: (e) => this.trace.push(`${e.atMs} ${e.process} ${e.what}`),
      ...options,
    });
    this.broker = new SimBroker(this.kernel, options.broker);
    this.broker.onCommitted((_topic, _group, partition, offset) => this.commits.push(`${partition}:${offset}`));
    this.producer = new SimLog(this.broker, new SimProcess('producer'));
  }

  static async make(options: WorldOptions = {}): Promise<LogWorld> {
    const world = new LogWorld(options);
    await world.done(world.producer.create([{ name: TOPIC, partitions: options.partitions ?? 1 }]));
    return world;
  }

  /** One more consumer of the group; its handler keeps the batches. */
  async service(name: string, options: ServiceOptions = {}): Promise<Service> {
    const { completed = () => Promise.resolve(), ...rest } = options;
    const process = new SimProcess(name);
    const log = new SimLog(this.broker, process);
    const service: Service = { process, log, partitions: [], batches: [], consumer: undefined as unknown as Consumer };
    const onAssigned = (partitions: readonly number[]) => {
      service.partitions = partitions;
    };
    const bounds = { maxRecords: 100, maxBytes: 1_000_000, maxUncompleted: 2, onAssigned, ...rest };
    const consuming = log.consume<Numbered>(TOPIC, GROUP, bounds, async (batch) => {
      service.batches.push(batch);
      return { completed: completed(batch, process) };
    });
    service.consumer = await this.done(consuming);
    return service;
  }

  append(partition: number, records: readonly Numbered[]): Promise<void> {
    return this.done(this.producer.append(TOPIC, partition, records));
  }

  numbers(partition: number): number[] {
    return this.broker.records(TOPIC, partition).map((record) => (record as Numbered).n);
  }

  until(holds: () => boolean): Promise<void> {
    return this.kernel.runUntil(holds, MOST_STEPS);
  }

  drained(): Promise<void> {
    return this.until(() => this.broker.isDrained(TOPIC, GROUP));
  }

  /** Lets things happen until it has come about. */
  async done<T>(work: Promise<T>): Promise<T> {
    let isSettled = false;
    const settle = () => {
      isSettled = true;
    };
    work.then(settle, settle);
    await this.until(() => isSettled);
    return work;
  }
}
