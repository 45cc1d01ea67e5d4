import { MongoClient } from 'mongodb';
import { type Server, startMongo } from '#servers';
import type { BenchOptions } from './options.js';
import { benchFile } from './files.js';
import { MillraceProcess } from './millrace-process.js';
import { cpuSecondsOf } from './server-cpu.js';
import type { TableCounts, WorkloadSize } from './workload.js';

/** What all runs have in common. */
export interface Bench {
  options: BenchOptions;
  size: WorkloadSize;
  signal: AbortSignal;
  say(line: string): void;
}

export type JobName = 'nested' | 'flat' | 'poison';

/** One job between the run's source and a MongoDB of its own. */
export class Bed implements AsyncDisposable {
  readonly database: string;
  private readonly file: string;

  private constructor(
    readonly bench: Bench,
    private readonly job: JobName,
    readonly postgres: Server,
    readonly mongo: Server,
  ) {
    this.database = `shop_${job}`;
    this.file = benchFile(`shop-${job}.yaml`);
  }

  static async make(bench: Bench, job: JobName, postgres: Server): Promise<Bed> {
    const history = `minSnapshotHistoryWindowInSeconds=${bench.options.targetHistory}`;
    return new Bed(
      bench,
      job,
      postgres,
      await startMongo({ cacheSizeGb: 'default', args: ['--setParameter', history] }),
    );
  }

  /** A measured process of the command line. */
  start(args: readonly string[], options: { profiled: boolean } = { profiled: false }): MillraceProcess {
    return new MillraceProcess([...args, this.file], {
      env: { SHOP_PG_URI: this.postgres.uri, SHOP_MONGO_URI: this.mongo.uri },
      signal: this.bench.signal,
      cpuProf: options.profiled ? this.bench.options.cpuProf : undefined,
    });
  }

  /** CPU seconds that MongoDB has spent on `work`, where the system tells. */
  async withMongoCpu<T>(work: () => Promise<T>): Promise<{ result: T; cpuSeconds: number | undefined }> {
    const before = await cpuSecondsOf(this.mongo.pid);
    const result = await work();
    const after = await cpuSecondsOf(this.mongo.pid);
    return { result, cpuSeconds: before === undefined || after === undefined ? undefined : after - before };
  }

  /** Throws where the target does not have what the source has: by count, and with `--verify` by every document. */
  async confirm(source: TableCounts): Promise<void> {
    const found = await this.targetCounts();
    for (const [table, rows] of Object.entries(found)) {
      const wanted = source[table as keyof TableCounts];
      if (rows !== wanted)
        throw new Error(`${this.database}: ${rows} of ${table} in the target, ${wanted} in the source`);
    }
    if (!this.bench.options.verify) return;
    this.bench.say('  verifying every document');
    await this.start(['verify']).success();
  }

  /** Drops the job's slot, so that a later job of the same source is not slowed by it; the target goes with its server. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      if (!this.bench.signal.aborted) await this.start(['reset', '--yes']).success();
    } finally {
      await this.mongo.stop();
    }
  }

  private async targetCounts(): Promise<Partial<TableCounts>> {
    const client = await new MongoClient(this.mongo.uri).connect();
    try {
      const database = client.db(this.database);
      const count = (name: string): Promise<number> => database.collection(name).countDocuments();
      const counts = {
        customers: await count('customers'),
        products: await count('products'),
        orders: await count('orders'),
      };
      if (this.job === 'flat') return { ...counts, order_lines: await count('order_lines') };
      const [sum] = await database
        .collection('orders')
        .aggregate([{ $group: { _id: null, lines: { $sum: { $size: '$lines' } } } }])
        .toArray();
      return { ...counts, order_lines: Number(sum?.['lines'] ?? 0) };
    } finally {
      await client.close();
    }
  }
}
