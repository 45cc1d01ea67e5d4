import type { RowsRecord } from '#model';
import type { Happening, Reach, Watch } from '../happening.js';
import { kindOf } from './batches.js';

interface Capturing {
  process: string;
  /** The highest position that it has handed over. */
  position: string;
}

/** F45: two captures of one load at a time, each of which takes itself for the only one. */
export class CaptureWatch implements Watch {
  private readonly newest = new Map<string, Capturing>();
  private readonly underWay = new Map<object, { process: string; topic: string; isOvertaken: boolean }>();

  constructor(private readonly reach: Reach) {}

  /** Of those that wait for the log, the one that began last. */
  appending(): string | undefined {
    return [...this.underWay.values()].at(-1)?.process;
  }

  see(happening: Happening): void {
    if (happening.kind === 'append begun') this.begun(happening);
    if (happening.kind === 'killed') this.forget(happening.process);
    if (happening.kind === 'append resolved') this.resolved(happening.append);
  }

  private begun({ process, topic, records, append }: Extract<Happening, { kind: 'append begun' }>): void {
    if (kindOf(topic) !== 'rows') return;
    const positions = (records as readonly RowsRecord[]).flatMap((record) =>
      record.kind === 'changes' ? record.changes.map(({ at }) => at) : [],
    );
    const [lowest = ''] = positions;
    if (lowest === '') return;
    const before = this.newest.get(topic);
    if (before !== undefined && before.process !== process && lowest <= before.position)
      for (const each of this.underWay.values())
        if (each.topic === topic && each.process === before.process) each.isOvertaken = true;
    this.underWay.set(append, { process, topic, isOvertaken: false });
    this.newest.set(topic, { process, position: positions.at(-1) ?? lowest });
  }

  private forget(process: string): void {
    for (const [append, each] of this.underWay) if (each.process === process) this.underWay.delete(append);
  }

  /** What the former one appended arrived, although another one had begun on the same changes. */
  private resolved(append: object): void {
    if (this.underWay.get(append)?.isOvertaken) this.reach('F45');
    this.underWay.delete(append);
  }
}
