import type { Plan } from '#model';
import type { CaptureEvent, CaptureNames, Source } from '#sources';
import { CaptureReader } from '../../../libs/sources/testing/capture-reader.js';
import { planOfTables } from '../../../libs/sources/testing/plan-of-tables.js';
import { Kernel, type KernelOptions, SimProcess } from '../kernel/index.js';
import { type ServerOptions, SimPostgres, SimSource } from './index.js';

export const NAMES: CaptureNames = { slot: 'millrace_kit_1', publication: 'millrace_kit_1' };
export const JOB = 'kit';
export const EPOCH = 1;
export const never = new AbortController().signal;
/** A table that does for most. */
export const ITEM = {
  name: 'item',
  columns: [
    { name: 'id', type: 'int' as const },
    { name: 'v', type: 'int' as const },
  ],
  key: ['id'],
};

/** A server, the processes that use it, and a scheduler that only goes on as far as a test says. */
export class SimWorld {
  readonly trace: string[] = [];
  readonly kernel: Kernel;
  readonly postgres: SimPostgres;
  private readonly processes = new Map<string, { process: SimProcess; source: SimSource }>();
  private markers = 0;

  constructor({ seed = 1, ...options }: Partial<KernelOptions> & ServerOptions = {}) {
    const onTrace: KernelOptions['onTrace'] = ({ step, atMs, process, what }) =>
      this.trace.push(`${step} ${atMs} ${process} ${what}`);
    this.kernel = new Kernel({ seed, onTrace, ...options });
    this.postgres = new SimPostgres(this.kernel, options);
  }

  of(name: string): { process: SimProcess; source: SimSource } {
    let known = this.processes.get(name);
    if (!known) {
      const process = new SimProcess(name);
      known = { process, source: new SimSource(this.postgres, process) };
      this.processes.set(name, known);
    }
    return known;
  }

  get source(): SimSource {
    return this.of('service').source;
  }

  /** Lets things happen until it has come to an end. */
  async done<T>(work: Promise<T>): Promise<T> {
    let isOver = false;
    const over = () => {
      isOver = true;
    };
    work.then(over, over);
    await this.until(() => isOver);
    return work;
  }

  until(holds: () => boolean): Promise<void> {
    return this.kernel.runUntil(holds, 50_000);
  }

  async plan(...tables: string[]): Promise<Plan> {
    const catalogue = await this.done(this.source.catalogue());
    return planOfTables(
      catalogue,
      JOB,
      tables.map((table) => `public.${table}`),
    );
  }

  /** A plan of these tables, and a capture that has begun. */
  async begun(...tables: string[]): Promise<Plan> {
    const plan = await this.plan(...tables);
    await this.done(this.source.beginCapture(plan, NAMES, never));
    return plan;
  }

  reader(plan: Plan, source: Source = this.source): CaptureReader {
    return new CaptureReader(source.capture(plan, NAMES, EPOCH));
  }

  /** Up to a marker that is written now. */
  async captured(reader: CaptureReader): Promise<CaptureEvent[]> {
    const id = `m${this.markers++}`;
    await this.done(this.source.writeMarker(JOB, id));
    return this.done(reader.untilMarker(id));
  }

  /** Everything of a table that a new reader sees now. */
  async seen(plan: Plan, table = 0): Promise<string[]> {
    const reader = await this.done(this.source.openReader());
    const { tuples } = await this.done(reader.page(plan.tables[table] as Plan['tables'][number], null, 1_000));
    await this.done(reader.close());
    return tuples;
  }
}
