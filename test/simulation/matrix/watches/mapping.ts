import { fieldOf, type Stored } from '../../store/index.js';
import type { Happening, Reach, Watch } from '../happening.js';

/** F47: another mapping is refused over the documents of the former one, and then loaded anew. */
export class MappingWatch implements Watch {
  private isChanged = false;
  private isRefused = false;

  constructor(private readonly reach: Reach) {}

  see(happening: Happening): void {
    switch (happening.kind) {
      case 'fault':
        this.isChanged ||= happening.name === 'the mapping is changed';
        return;
      case 'refused':
        if (!happening.codes.includes('MAPPING_CHANGED') || !this.isChanged || this.isRefused) return;
        this.isRefused = true;
        return this.reach('F47 refused');
      case 'committed':
        for (const { collection, _id, before, after } of happening.changes)
          if (collection === 'job' && _id === 'job') this.recorded(hashOf(before), hashOf(after), after);
    }
  }

  private recorded(before: string | undefined, now: string | undefined, record: Stored | undefined): void {
    if (!this.isRefused || before === undefined || before === now || record === undefined) return;
    this.isRefused = false;
    this.isChanged = false;
    this.reach('F47 loaded anew');
  }
}

function hashOf(record: Stored | undefined): string | undefined {
  const plan = record && fieldOf(record, 'plan');
  return (plan as { hash?: string } | undefined)?.hash;
}
