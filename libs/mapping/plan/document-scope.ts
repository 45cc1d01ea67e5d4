import type { Path } from '../job-file/problem.js';
import { fieldNameFault } from '../job-file/names.js';
import type { Report } from './report.js';

export interface FieldOrigin {
  /** `column total of public.orders`, `computed field year`, `embed lines`. */
  what: string;
  path: Path;
  at: 'key' | 'value';
  /** How a person gives it another name. */
  fix: string;
  /** The column that the field comes from, as `<node>:<column>`. */
  column?: string;
  /** The column that `on` makes equal to it: where that has the name already, the value is there, and not written twice. */
  equals?: string | undefined;
}

/** The names of one document while it is being planned: each may be taken once. */
export class DocumentScope {
  private readonly taken = new Map<string, FieldOrigin>();

  constructor(private readonly report: Report) {}

  /** Whether the field is to be written; false where the same value is there already under this name. */
  claim(name: string, origin: FieldOrigin): boolean {
    const fault = fieldNameFault(name);
    const other = this.taken.get(name);
    if (other && other.column !== undefined && other.column === origin.equals) return false;
    const problem = (code: 'NAME_NOT_ALLOWED' | 'FIELD_TWICE', message: string): void =>
      origin.at === 'key'
        ? this.report.atKey(origin.path, code, message)
        : this.report.atValue(origin.path, code, message);
    if (fault)
      problem('NAME_NOT_ALLOWED', `${origin.what} would be the field ${JSON.stringify(name)}: ${fault}; ${origin.fix}`);
    else if (other)
      problem('FIELD_TWICE', `two fields would have the name ${name}: ${other.what} and ${origin.what}; ${origin.fix}`);
    if (!other) this.taken.set(name, origin);
    return true;
  }
}
