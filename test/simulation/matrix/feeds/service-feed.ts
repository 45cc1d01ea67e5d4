import type { MillraceError } from '#errors';
import type { JobEvent } from '#job';
import type { BatchHandler, Log, LogRecord } from '#log';
import type { Finding } from '#model';
import type { SimProcess } from '../../kernel/index.js';
import { type OnRetry, verdictOf } from '../../store/index.js';
import type { Batch, Happening, OpenTransaction } from '../happening.js';
import { overhear } from './overhear.js';

/** What services do through their ports. */
export class ServiceFeed {
  private readonly known = new Set<SimProcess>();

  constructor(
    private readonly tell: (happening: Happening) => void,
    private readonly now: () => number,
    private readonly openOf: (process: string) => OpenTransaction[],
  ) {}

  /** To be called with each process before it does anything; again is no harm. */
  process(process: SimProcess): void {
    if (this.known.has(process)) return;
    this.known.add(process);
    let stillSinceMs: number | undefined;
    process.whenChanged(() => {
      const { name } = process;
      if (process.isDead) return this.tell({ kind: 'killed', process: name, open: this.openOf(name) });
      if (process.state === 'standing still') {
        stillSinceMs = this.now();
        this.tell({ kind: 'stood still', process: name, open: this.openOf(name) });
      } else if (stillSinceMs !== undefined)
        this.tell({ kind: 'went on', process: name, stoodStillMs: this.now() - stillSinceMs });
    });
  }

  /** Whatever is appended to the log and handed over by it. */
  log<L extends Log>(log: L, { name: process }: SimProcess): L {
    overhear(log as Log, 'append', ([topic, , records], appended) => {
      const append = {};
      this.tell({ kind: 'append begun', process, topic, records, append });
      appended.then(
        () => this.tell({ kind: 'append resolved', append }),
        () => undefined,
      );
    });
    const consume = log.consume.bind(log);
    log.consume = (topic, group, options, handler) =>
      consume(topic, group, options, this.handler(process, topic, handler as BatchHandler<LogRecord>) as never);
    return log;
  }

  /** What it tells whoever looks after it. */
  event(event: JobEvent): void {
    if (event.kind === 'warning') this.tell({ kind: 'warned', code: event.finding.code });
  }

  /** Why it does not run the job. */
  refused({ code, context }: MillraceError): void {
    const findings = (context['findings'] ?? []) as readonly Finding[];
    this.tell({ kind: 'refused', codes: [code, ...findings.map((finding) => finding.code)] });
  }

  retries({ name: process }: SimProcess): OnRetry {
    return (label, error, attempt) =>
      this.tell({ kind: 'retried', process, label, isConflict: verdictOf(error) === 'conflict', attempt });
  }

  private handler(process: string, topic: string, handler: BatchHandler<LogRecord>): BatchHandler<LogRecord> {
    return (given) => {
      const batch: Batch = { process, topic, partition: given.partition, records: given.records };
      this.tell({ kind: 'batch begun', batch });
      const handled = handler(given);
      const completed = () => this.tell({ kind: 'batch completed', batch });
      handled.then(
        (outcome) => outcome.completed.then(completed, () => undefined),
        () => undefined,
      );
      return handled;
    };
  }
}
