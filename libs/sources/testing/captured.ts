import type { Plan, RowChange } from '#model';
import type { CaptureEvent, CaptureNames, Source } from '../source.js';
import { CaptureReader } from './capture-reader.js';
import { planOfTables } from './plan-of-tables.js';

/** A capture that has begun, of whole tables, with markers to read up to. */
export class Captured implements AsyncDisposable {
  private markers = 0;
  private reader: CaptureReader | undefined;

  private constructor(
    readonly source: Source,
    readonly plan: Plan,
    readonly names: CaptureNames,
  ) {}

  static async begin(source: Source, database: string, tables: readonly string[]): Promise<Captured> {
    const plan = planOfTables(await source.catalogue(), 'kit', tables);
    const name = `millrace_${database}_1`.slice(0, 63).toLowerCase();
    const names = { slot: name, publication: name };
    await source.beginCapture(plan, names, new AbortController().signal);
    return new Captured(source, plan, names);
  }

  get events(): CaptureReader {
    this.reader ??= new CaptureReader(this.source.capture(this.plan, this.names, 1));
    return this.reader;
  }

  /** All that was committed before this call and not yet read. */
  async caughtUp(): Promise<CaptureEvent[]> {
    const id = `m${this.markers++}`;
    await this.source.writeMarker('kit', id);
    return this.events.untilMarker(id);
  }

  async changes(): Promise<RowChange[]> {
    return (await this.caughtUp()).filter(
      (event): event is RowChange => event.op === 'upsert' || event.op === 'delete',
    );
  }

  /** As a process does that begins again. */
  async restart(): Promise<void> {
    await this.reader?.stream.stop();
    this.reader = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.restart();
    await this.source.close();
  }
}
