import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** Every metric that is Millrace's own; dashboards and alerts use these, and Node's. */
export const METRIC_NAMES = [
  'millrace_rows_total',
  'millrace_touches_total',
  'millrace_documents_total',
  'millrace_freshness_seconds',
  'millrace_batch_records',
  'millrace_batch_seconds',
  'millrace_fence_conflicts_total',
  'millrace_lag_seconds',
  'millrace_lag_records',
  'millrace_source_retained_bytes',
  'millrace_source_retained_bytes_max',
  'millrace_dead_letters',
  'millrace_dead_letter_oldest_seconds',
  'millrace_job_phase',
  'millrace_job_running',
  'millrace_capture_elected',
] as const;

type MetricName = (typeof METRIC_NAMES)[number];

const FRESHNESS = [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800];

/** What one of the services counts and measures, for Prometheus. Labels have few values: jobs, tables, collections, codes. */
export class Metrics {
  readonly registry = new Registry();

  readonly rows = this.counter('millrace_rows_total', 'Rows that were staged or superseded.', [
    'job',
    'table',
    'phase',
  ]);
  readonly touches = this.counter('millrace_touches_total', 'Documents that were asked to be assembled again.', [
    'job',
    'collection',
  ]);
  readonly documents = this.counter('millrace_documents_total', 'Documents by what became of them.', [
    'job',
    'collection',
    'outcome',
  ]);
  readonly freshness = this.histogram(
    'millrace_freshness_seconds',
    'From the commit on the source to the document in MongoDB.',
    { labels: ['job', 'collection'], buckets: FRESHNESS },
  );
  readonly batchRecords = this.histogram('millrace_batch_records', 'Records of a batch.', {
    labels: ['job', 'topic'],
    buckets: [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 10_000],
  });
  readonly batchSeconds = this.histogram('millrace_batch_seconds', 'From taking a batch to its completion.', {
    labels: ['job', 'topic'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  });
  readonly conflicts = this.counter('millrace_fence_conflicts_total', 'Transactions that had to be tried again.', [
    'job',
    'topic',
  ]);
  readonly lagSeconds = this.gauge('millrace_lag_seconds', 'Age of the oldest change that is not visible yet.', [
    'job',
  ]);
  readonly lagRecords = this.gauge('millrace_lag_records', 'Messages that wait in a topic.', ['job', 'topic']);
  readonly retainedBytes = this.gauge(
    'millrace_source_retained_bytes',
    'What the source keeps of its log for the job.',
    ['job'],
  );
  readonly retainedBytesMax = this.gauge(
    'millrace_source_retained_bytes_max',
    'Where the slot is dropped, rather than filling the disk of the source.',
    ['job'],
  );
  readonly deadLetters = this.gauge('millrace_dead_letters', 'Documents that cannot be written, by cause.', [
    'job',
    'code',
  ]);
  readonly deadLetterOldest = this.gauge(
    'millrace_dead_letter_oldest_seconds',
    'Age of the oldest dead letter, by cause.',
    ['job', 'code'],
  );
  readonly phase = this.gauge('millrace_job_phase', 'The phase of the job: 1 for the present one.', ['job', 'phase']);
  readonly running = this.gauge('millrace_job_running', 'Whether this process runs the job.', ['job']);
  readonly elected = this.gauge('millrace_capture_elected', 'Whether this process is the one that captures.', ['job']);

  constructor(service: string) {
    this.registry.setDefaultLabels({ service });
    collectDefaultMetrics({ register: this.registry });
  }

  /** The job is gone, or others have it. */
  async forget(job: string): Promise<void> {
    for (const gauge of [
      this.lagSeconds,
      this.lagRecords,
      this.retainedBytes,
      this.retainedBytesMax,
      this.deadLetters,
      this.deadLetterOldest,
      this.phase,
      this.running,
      this.elected,
    ] as Gauge[]) {
      for (const { labels } of (await gauge.get()).values) if (labels['job'] === job) gauge.remove(labels);
    }
  }

  private counter<L extends string>(name: MetricName, help: string, labelNames: L[]): Counter<L> {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }

  private gauge<L extends string>(name: MetricName, help: string, labelNames: L[]): Gauge<L> {
    return new Gauge({ name, help, labelNames, registers: [this.registry] });
  }

  private histogram<L extends string>(
    name: MetricName,
    help: string,
    { labels, buckets }: { labels: L[]; buckets: number[] },
  ): Histogram<L> {
    return new Histogram({ name, help, labelNames: labels, buckets, registers: [this.registry] });
  }
}
