import type { Happening, Reach, Watch } from '../happening.js';
import { PersonTold, type ToldAs } from './person-told.js';

/** By the capture, by a reader, and where a run begins: the file names what is not there, or all of the columns. */
const CODES = ['SCHEMA_CHANGED', 'SOURCE_SCHEMA_CHANGED', 'JOB_FILE_INVALID', 'MAPPING_CHANGED'];
const TOLD_AS: readonly ToldAs[] = [
  { fault: 'a column is dropped', codes: CODES, counter: 'F39 a column dropped' },
  {
    fault: 'a column is dropped and added again',
    codes: ['SCHEMA_CHANGED'],
    says: 'dropped and added again',
    counter: 'F39 a column replaced',
  },
  { fault: 'a column is renamed', codes: CODES, counter: 'F39 a column renamed' },
  { fault: 'a table is renamed', codes: CODES, counter: 'F39 a table renamed' },
];

/** F39: the schema changes while the job follows changes. */
export class SchemaWatch implements Watch {
  private readonly told: PersonTold;
  private isAdded = false;

  constructor(private readonly reach: Reach) {
    this.told = new PersonTold(TOLD_AS, reach);
  }

  see(happening: Happening): void {
    this.told.see(happening);
    switch (happening.kind) {
      case 'fault':
        this.isAdded ||= happening.name === 'a column is added';
        return;
      case 'written':
        if (happening.transaction.isMixed) this.reach('F39 within a transaction');
        return;
      case 'warned':
        if (happening.code === 'COLUMN_ADDED' && this.isAdded) this.reach('F39 a column added');
    }
  }
}
