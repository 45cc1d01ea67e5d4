import { EXIT, MillraceError } from '#errors';
import type { JobEvent, VerifyReport } from '#job';
import { type Server, startMongo, startPostgres } from '#servers';
import { cliErrors } from '../cli.codes.js';
import type { CommandContext } from '../command.js';
import { canonical } from '#extended-json';
import { type LoadedJobFile, readJob } from '#compose';
import { count, counted, duration } from '../output/units.js';
import { formatVerify, verifyExit } from '../output/verify.js';
import { watchersFor } from '../progress/watch.js';
import { exitCodeBy } from '../stop-signals.js';
import { waitForArrival } from './arrival.js';
import { type Change, CHANGES, SHOWN } from './changes.js';
import { differences } from './differences.js';
import { Documents } from './documents.js';
import { Narrator } from './narrator.js';
import { Shop } from './shop.js';
import { SHOP_JOB } from './shop-job.js';
import { sideBySide } from './side-by-side.js';

/**
 * The whole of Millrace on servers of its own: starts them, loads a shop, runs the real engine, lets the shop change rows
 * meanwhile, verifies. Nothing is left behind, whatever ends it: the servers end with this process.
 */
export async function runDemo(context: CommandContext): Promise<number> {
  const signal = context.signals.clean();
  try {
    return await new Demo(context, signal).play();
  } catch (error) {
    if (!signal.aborted || !context.signals.received) throw error;
    context.terminal.say('Stopped; the servers are gone, nothing is left.');
    return exitCodeBy(context.signals.received);
  }
}

class Demo {
  private readonly tell: Narrator;
  private readonly startedMs: number;

  constructor(
    private readonly context: CommandContext,
    private readonly signal: AbortSignal,
  ) {
    this.tell = new Narrator(context.terminal, context.host.stdout.columns ?? 140);
    this.startedMs = context.host.now();
  }

  async play(): Promise<number> {
    const { tell } = this;
    tell.line(tell.colours.bold('Millrace moves a relational database into MongoDB as nested documents,'));
    tell.line(
      tell.colours.bold('and keeps them right while the source goes on changing. Here it does, on a small shop.'),
    );
    tell.chapter('A real PostgreSQL and a real MongoDB, for this demo alone');
    tell.line(tell.colours.dim('   (the first time, they are fetched: a minute or two)'));
    const mongoStarting = startMongo();
    mongoStarting.catch(() => undefined);
    await using postgres = await startPostgres({ settings: { max_slot_wal_keep_size: '12GB' } });
    await using mongo = await mongoStarting;
    this.signal.throwIfAborted();
    tell.indented(
      `PostgreSQL ${postgres.version} and MongoDB ${mongo.version} run on this machine, in temporary folders.`,
    );
    tell.step('servers', { postgres: postgres.version, mongodb: mongo.version });
    return await this.withShop(postgres, mongo);
  }

  private async withShop(postgres: Server, mongo: Server): Promise<number> {
    const { tell } = this;
    tell.chapter('A shop in five tables');
    const shop = await Shop.open(postgres.uri);
    const documents = await Documents.open(mongo.uri);
    try {
      const tables = await shop.counts();
      tell.indented(tables.map(({ table, rows }) => `${table.padEnd(18)} ${count(rows).padStart(7)} rows`).join('\n'));
      tell.step('shop', { tables });
      const job = await this.explainMapping(postgres, mongo);
      const report = await this.runJob(job, shop, documents);
      return this.verdict(report);
    } finally {
      await Promise.all([shop.close(), documents.close()]);
    }
  }

  private explainMapping(postgres: Server, mongo: Server): Promise<LoadedJobFile> {
    const { tell } = this;
    tell.chapter('The job file: which tables become which documents');
    tell.indented(tell.colours.dim(SHOP_JOB.trimEnd()));
    tell.step('mapping', { jobFile: SHOP_JOB });
    const env = { DEMO_PG_URI: postgres.uri, DEMO_MONGO_URI: mongo.uri };
    return readJob(SHOP_JOB, { fileName: 'demo.yaml', env, redactor: this.context.terminal.redactor });
  }

  /** As `millrace run` does it, until the changes are in and verified; then a clean stop. */
  private async runJob(job: LoadedJobFile, shop: Shop, documents: Documents): Promise<VerifyReport> {
    const { tell, context } = this;
    tell.chapter('millrace run: load the rows, build the documents, follow the changes');
    const loadedMs = context.host.now();
    const watchers = await watchersFor(context, job.jobFile.job, { events: false });
    const endWatching = (): void => {
      for (const watcher of watchers.splice(0)) watcher.end();
    };
    const follows = new AbortController();
    const engine = await context.openEngine(job, context, (event: JobEvent) => {
      if (event.kind === 'phase' && event.phase === 'streaming') follows.abort();
      for (const watcher of watchers) watcher.take(event);
    });
    const stop = new AbortController();
    const running = engine.run(RUN, AbortSignal.any([stop.signal, this.signal]));
    try {
      await Promise.race([aborted(follows.signal), running.then(() => this.endedEarly())]);
      endWatching();
      const seconds = (context.host.now() - loadedMs) / 1000;
      tell.indented(`Loaded and built in ${duration(seconds)}; from here on it follows the changes.`);
      tell.step('loaded', { seconds });
      await this.showOrder('One order', shop, documents);
      await this.changeRows(shop, documents);
      await this.showOrder('The same order now', shop, documents);
      return await this.verify(job);
    } finally {
      endWatching();
      stop.abort();
      await running.catch(() => undefined);
      await engine.close();
    }
  }

  private endedEarly(): never {
    this.signal.throwIfAborted();
    throw new MillraceError(cliErrors.UNEXPECTED, 'The job ended before it followed the changes.');
  }

  private async showOrder(title: string, shop: Shop, documents: Documents): Promise<void> {
    const { tell } = this;
    tell.chapter(`${title}: its rows, and the document that they became`);
    const rows = await shop.rowsOf(SHOWN);
    const document = await documents.exact(SHOWN);
    tell.line(sideBySide(rows, document, tell.colours, tell.width));
    tell.step('sideBySide', { rows, document: document === undefined ? null : canonical(document) });
  }

  private async changeRows(shop: Shop, documents: Documents): Promise<void> {
    const { tell, context } = this;
    tell.chapter('The shop goes on working; the documents follow');
    for (const change of CHANGES) {
      this.signal.throwIfAborted();
      const before = await documents.orders(change.orders);
      await shop.change(change.sql);
      const committedMs = context.host.now();
      const { documents: after, arrived } = await waitForArrival(change, documents, this.signal, () =>
        context.host.now(),
      );
      const seconds = (context.host.now() - committedMs) / 1000;
      this.tellChange(change, { before, after, seconds, arrived });
    }
  }

  private tellChange(
    change: Change,
    seen: { before: unknown[]; after: unknown[]; seconds: number; arrived: boolean },
  ): void {
    const { tell } = this;
    const { dim, green, red } = tell.colours;
    tell.line('');
    tell.indented(
      `${change.title}  ${seen.arrived ? green(`✓ after ${Math.round(seen.seconds * 1000)} ms`) : red('✗ did not arrive')}`,
    );
    tell.indented(dim(change.sql));
    for (const [index, id] of change.orders.entries()) {
      const lines = differences(seen.before[index] as never, seen.after[index] as never);
      for (const line of lines) tell.indented(`  order ${id}  ${line}`);
    }
    const documents = change.orders.map((id, index) => ({
      id,
      before: seen.before[index] ?? null,
      after: seen.after[index] ?? null,
    }));
    tell.step('change', {
      title: change.title,
      sql: change.sql,
      arrived: seen.arrived,
      seconds: seen.seconds,
      documents,
    });
  }

  /** As from another terminal, while the job runs. */
  private async verify(job: LoadedJobFile): Promise<VerifyReport> {
    const { tell, context } = this;
    tell.chapter('millrace verify: every document against what the source says now');
    const engine = await context.openEngine(job, context, () => undefined);
    try {
      const report = await engine.verify({ repair: false }, this.signal);
      tell.indented(formatVerify(report, tell.colours));
      tell.step('verify', { report });
      return report;
    } finally {
      await engine.close();
    }
  }

  private verdict(report: VerifyReport): number {
    const { tell, context } = this;
    const code = verifyExit(report);
    const seconds = (context.host.now() - this.startedMs) / 1000;
    tell.line('');
    if (code === EXIT.done) {
      tell.line(
        tell.colours.green(
          `✓ All ${counted(report.equal, 'document')} equal what the source says: same fields, same order, same types.`,
        ),
      );
    } else {
      tell.line(
        tell.colours.red('✗ The target is not what the source says: that is a defect of Millrace; please report it.'),
      );
    }
    tell.line(tell.colours.dim(`  ${duration(seconds)} in all. The servers and their data are removed now.`));
    if (code === EXIT.done) tell.line(NEXT_STEPS);
    tell.step('done', { ok: code === EXIT.done, seconds });
    return code;
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

const RUN = { untilSynced: false, fresh: false, dropTarget: false, force: [] } as const;

const NEXT_STEPS = `
With your own database:
  export MILLRACE_SOURCE_URI=postgresql://… MILLRACE_TARGET_URI=mongodb://…
  millrace init --source "$MILLRACE_SOURCE_URI" --out job.yaml    a suggested mapping, from your foreign keys
  millrace check job.yaml                                         what would stop it, and the SQL that mends it
  millrace preview job.yaml                                       the documents, from real rows; writes nothing
  millrace run job.yaml                                           load, and follow the changes
  millrace verify job.yaml                                        every document, compared`;
