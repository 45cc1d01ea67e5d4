import type { Happening, Reach, Watch } from '../happening.js';
import { PersonTold, type ToldAs } from './person-told.js';

/** F31 to F33, F41, F46: what befell, by what a person reads of it then. */
const TOLD_AS: readonly ToldAs[] = [
  { fault: 'the slot is lost', codes: ['SLOT_LOST'], says: 'wal_removed', counter: 'F31 size' },
  { fault: 'the slot is lost', codes: ['SLOT_LOST'], says: 'rows_removed', counter: 'F31 horizon' },
  { fault: 'the slot is lost', codes: ['SLOT_LOST'], says: 'idle_timeout', counter: 'F31 idle' },
  { fault: 'the source fails over', codes: ['SLOT_MISSING', 'SOURCE_CHANGED'], counter: 'F32' },
  { fault: 'the source is restored', codes: ['SOURCE_CHANGED'], counter: 'F33' },
  { fault: 'a topic is made anew', codes: ['LOG_DAMAGED'], counter: 'F41 made anew' },
  { fault: 'a topic is cut', codes: ['LOG_DAMAGED'], counter: 'F41 cut' },
  { fault: 'a copy that lags becomes the leader', codes: ['LOG_DAMAGED'], counter: 'F41 unclean' },
  { fault: 'the offsets of a job that was stopped expire', codes: ['LOG_DAMAGED'], counter: 'F41 expired' },
  { fault: 'a topic gets another partition', codes: ['LOG_PARTITIONS_DIFFER'], counter: 'F46' },
  { fault: 'somebody resets the offsets of a job that was stopped', codes: ['LOG_DAMAGED'], counter: 'F41 reset' },
];

/** What people see. */
export class OperatorWatch implements Watch {
  private readonly told: PersonTold;

  constructor(private readonly reach: Reach) {
    this.told = new PersonTold(TOLD_AS, reach);
  }

  see(happening: Happening): void {
    this.told.see(happening);
    switch (happening.kind) {
      case 'verified under traffic':
        return this.reach('F51');
      case 'damage is found':
        return this.reach('F51 finds');
      case 'at rest with a replica less':
        this.reach('F52');
    }
  }
}
