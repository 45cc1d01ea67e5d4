import { type CommittedChange, fieldOf, type Stored } from '../../store/index.js';
import type { Happening, Reach, Watch } from '../happening.js';

/** What befell, and as what a person reads of it. */
export interface ToldAs {
  fault: string;
  codes: readonly string[];
  /** Among its words. */
  says?: string;
  counter: string;
}

/** Whether what befell the job came to be told, by its record or by who was to run it: then nothing goes on by itself. */
export class PersonTold implements Watch {
  private befallen: ToldAs[] = [];

  constructor(
    private readonly toldAs: readonly ToldAs[],
    private readonly reach: Reach,
  ) {}

  see(happening: Happening): void {
    if (happening.kind === 'fault') this.befallen.push(...this.toldAs.filter(({ fault }) => fault === happening.name));
    else if (happening.kind === 'refused') this.told(happening.codes);
    else if (happening.kind === 'committed') for (const change of happening.changes) this.needsPerson(change);
  }

  private needsPerson({ collection, _id, before, after }: CommittedChange): void {
    if (collection !== 'job' || _id !== 'job') return;
    const told = attentionOf(after);
    if (told?.code !== undefined && attentionOf(before)?.code !== told.code) this.told([told.code], told.message);
  }

  private told(told: readonly string[], message = ''): void {
    for (const { codes, says = '', counter } of this.befallen)
      if (codes.some((code) => told.includes(code)) && message.includes(says)) this.reach(counter);
    this.befallen = [];
  }
}

function attentionOf(record: Stored | undefined): { code?: string; message?: string } | null | undefined {
  return record && (fieldOf(record, 'attention') as { code?: string; message?: string } | null | undefined);
}
