import { type CommittedChange, fieldOf, type Stored } from '../../store/index.js';
import type { Happening, Reach, Watch } from '../happening.js';

/** F31 to F33, F41: what befell, by what a person reads of it then. */
const TOLD_AS: readonly { fault: string; codes: readonly string[]; counter: string }[] = [
  { fault: 'the slot is lost', codes: ['SLOT_LOST'], counter: 'F31' },
  { fault: 'the source fails over', codes: ['SLOT_MISSING', 'SOURCE_CHANGED'], counter: 'F32' },
  { fault: 'the source is restored', codes: ['SOURCE_CHANGED'], counter: 'F33' },
  { fault: 'a topic is made anew', codes: ['LOG_DAMAGED'], counter: 'F41 made anew' },
  { fault: 'a topic is cut', codes: ['LOG_DAMAGED'], counter: 'F41 cut' },
];
const PAUSE_MS = 60_000;

/** What people see, and what only clocks do. */
export class OperatorWatch implements Watch {
  private befallen: (typeof TOLD_AS)[number][] = [];

  constructor(private readonly reach: Reach) {}

  see(happening: Happening): void {
    switch (happening.kind) {
      case 'fault':
        this.befallen.push(...TOLD_AS.filter(({ fault }) => fault === happening.name));
        return;
      case 'committed':
        for (const change of happening.changes) this.needsPerson(change);
        return;
      case 'went on':
        if (happening.stoodStillMs >= PAUSE_MS) this.reach('F48');
        return;
      case 'verified under traffic':
        return this.reach('F51');
      case 'damage is found':
        return this.reach('F51 finds');
      case 'at rest with a replica less':
        this.reach('F52');
    }
  }

  /** The job's record says so, and nothing goes on by itself. */
  private needsPerson({ collection, _id, before, after }: CommittedChange): void {
    if (collection !== 'job' || _id !== 'job') return;
    const code = attentionOf(after);
    if (code === undefined || attentionOf(before) === code) return;
    for (const { codes, counter } of this.befallen) if (codes.includes(code)) this.reach(counter);
    this.befallen = [];
  }
}

function attentionOf(record: Stored | undefined): string | undefined {
  const attention = record && fieldOf(record, 'attention');
  return (attention as { code?: string } | null | undefined)?.code;
}
