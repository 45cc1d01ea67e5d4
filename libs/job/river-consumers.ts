import type { BatchHandler, ConsumeOptions, Consumer, LogRecord } from '#log';
import type { IncarnationNames } from '#stage';
import type { Handlers, RiverParts } from './river.js';

type Parts = Pick<RiverParts, 'log' | 'names' | 'plan' | 'partitions' | 'tuning' | 'timers'> & {
  /** Batches of rows of a partition whose touches are on their way: few where an append resolves before what it leads to. */
  rowsUncompleted?: number;
};
type Topic = 'touches' | 'rows' | 'build-tasks' | 'load-tasks';

const GROUPS: Record<Topic, string> = {
  touches: 'write',
  rows: 'transform',
  'build-tasks': 'transform',
  'load-tasks': 'ingest',
};

const TOPICS = Object.keys(GROUPS) as Topic[];

type OnAssigned = Partial<Record<'rows' | 'touches', (partitions: readonly number[]) => void>>;

export interface MadeTopics {
  /** By a former run. */
  wereMade: boolean;
  /** Rejects where this run is not the job's any more. */
  onMade: () => Promise<void>;
}

/** Of one load of a job. */
export function topicsOf(names: IncarnationNames, job: string): string[] {
  return TOPICS.map((topic) => names.topic(job, topic));
}

/** The topics of one job and who consumes them here. Load and build tasks can be held while rows and touches go on. */
export class RiverConsumers {
  private readonly consumers = new Map<Topic, Consumer>();

  constructor(
    private readonly parts: Parts,
    private readonly onFailure: (error: unknown) => void,
  ) {}

  /**
   * What is missing of the topics; by who runs the job, and nobody else: a worker that is late would make them anew. Who slept for so
   * long that it is over (`onMade` rejects) takes away what it made: whoever removed the topics before does not look for them again.
   */
  async create({ wereMade, onMade }: MadeTopics, isOver: () => Promise<boolean>): Promise<void> {
    const { log, partitions } = this.parts;
    const topics = [
      { name: this.name('rows'), partitions: partitions.rows },
      { name: this.name('touches'), partitions: partitions.touches },
      { name: this.name('load-tasks'), partitions: partitions.tasks },
      { name: this.name('build-tasks'), partitions: partitions.tasks },
    ];
    await log.create(topics, { wereMade });
    if (wereMade) return;
    await onMade().catch(async (error: unknown) => {
      if (await isOver()) await log.remove(topics.map(({ name }) => name));
      throw error;
    });
  }

  /**
   * Begins to consume what there is a handler for. Where nobody consumes yet, the log keeps the
   * records. `onAssigned` is told the partitions that are owned here.
   */
  async start(handlers: Partial<Handlers>, onAssigned: OnAssigned): Promise<void> {
    const { tuning, rowsUncompleted = 8 } = this.parts;
    const isOnlyGroup = true;
    const one: ConsumeOptions = { maxRecords: 1, maxBytes: 1, maxUncompleted: 2, isOnlyGroup };
    const rows: ConsumeOptions = {
      maxRecords: tuning.rowsBatchRecords,
      maxBytes: tuning.rowsBatchBytes,
      maxUncompleted: rowsUncompleted,
      spacingMs: tuning.batchSpacingMs,
      isOnlyGroup,
      ...(onAssigned.rows && { onAssigned: onAssigned.rows }),
    };
    const touches: ConsumeOptions = {
      maxRecords: 10_000,
      maxBytes: tuning.touchesBatchBytes,
      maxUncompleted: 1,
      spacingMs: tuning.batchSpacingMs,
      isOnlyGroup,
      ...(onAssigned.touches && { onAssigned: onAssigned.touches }),
    };
    await Promise.all([
      this.consume('touches', touches, handlers.touches),
      this.consume('rows', rows, handlers.rows),
      this.consume('build-tasks', one, handlers.build),
      this.consume('load-tasks', one, handlers.load),
    ]);
  }

  holdTasks(): void {
    for (const topic of ['load-tasks', 'build-tasks'] as const) this.consumers.get(topic)?.pause();
  }

  releaseTasks(): void {
    for (const topic of ['load-tasks', 'build-tasks'] as const) this.consumers.get(topic)?.resume();
  }

  /** Resolves when its group has completed everything that was appended to the topic before, here and elsewhere. */
  completed(topic: Topic, signal: AbortSignal): Promise<void> {
    return this.parts.log.completed(this.name(topic), GROUPS[topic], signal);
  }

  /** Messages of this topic that its group has not completed. */
  waitingIn(topic: Topic): Promise<number> {
    return this.parts.log.waiting(this.name(topic), GROUPS[topic]);
  }

  /** Of each topic, the messages that its group has not completed. */
  async waiting(): Promise<Record<Topic, number>> {
    const counts = TOPICS.map(async (topic) => [topic, await this.waitingIn(topic)]);
    return Object.fromEntries(await Promise.all(counts)) as Record<Topic, number>;
  }

  /** Upstream first; each may use what is left of `ms`. */
  async stop(ms: number): Promise<void> {
    const { timers } = this.parts;
    const ended = timers.now() + ms;
    for (const topic of ['load-tasks', 'build-tasks', 'rows', 'touches'] as const) {
      await this.consumers.get(topic)?.stop(Math.max(0, ended - timers.now()));
    }
  }

  private async consume<R extends LogRecord>(
    topic: Topic,
    options: ConsumeOptions,
    handler: BatchHandler<R> | undefined,
  ): Promise<void> {
    if (handler === undefined) return;
    const consumer = await this.parts.log.consume<R>(this.name(topic), GROUPS[topic], options, handler);
    this.consumers.set(topic, consumer);
    consumer.failed.catch(this.onFailure);
  }

  private name(topic: Topic): string {
    return this.parts.names.topic(this.parts.plan.job, topic);
  }
}
