import type { ExpressionResults, StagedRow } from '#model';
import type { ConversionFailed } from '../values/conversion-failed.js';
import { assembleCodes } from './assemble.codes.js';
import type { Refused } from './assembled.js';

/**
 * What keeps a document from being written, gathered while it is assembled. Waiting counts for more than being refused:
 * what is missing will come, and the document is then judged as a whole. Of several refusals the first one counts.
 */
export class Problems {
  waiting = false;
  refused: Refused | undefined;

  clear(): void {
    this.waiting = false;
    this.refused = undefined;
  }

  get any(): boolean {
    return this.waiting || this.refused !== undefined;
  }

  wait(): void {
    this.waiting = true;
  }

  refuse(code: string, message: string, path: string, row: StagedRow): void {
    this.refused ??= { kind: 'refused', code, message: `${path}: ${message}`, path, key: row._id };
  }

  conversion(failure: ConversionFailed, path: string, row: StagedRow): void {
    this.refuse(failure.code, failure.message, path, row);
  }

  bad(path: string, row: StagedRow): void {
    if (row.bad !== undefined) this.refuse(row.bad.code, row.bad.message, path, row);
  }

  expression(path: string, field: string, row: StagedRow, result: ExpressionResults[number] | undefined): void {
    const message =
      result !== undefined && 'error' in result ? result.error : 'the row has no result of this expression';
    this.refuse(assembleCodes.EXPRESSION_FAILED.code, message, `${path}.${field}`, row);
  }
}
