import type { Finding } from '#model';
import { formatPath, type Path, type Problem, sortProblems } from '../job-file/problem.js';
import type { Positions } from '../job-file/positions.js';
import type { JobFileCode, PlanFindingCode } from '../mapping.codes.js';

/** Collects what is wrong with a mapping, and what is worth knowing of it, while a plan is made. */
export class Report {
  private readonly found: Problem[] = [];
  private readonly findingsByKey = new Map<string, Finding>();

  constructor(readonly positions: Positions) {}

  get failed(): boolean {
    return this.found.length > 0;
  }

  get problems(): Problem[] {
    return sortProblems(this.found);
  }

  get findings(): Finding[] {
    return [...this.findingsByKey.values()];
  }

  /** About the name at `path`: points at the key. */
  atKey(path: Path, code: JobFileCode, message: string): void {
    this.found.push({
      file: this.positions.file,
      ...this.positions.ofKey(path),
      path: formatPath(path),
      code,
      message,
    });
  }

  /** About the value at `path`. */
  atValue(path: Path, code: JobFileCode, message: string): void {
    this.found.push({
      file: this.positions.file,
      ...this.positions.ofValue(path),
      path: formatPath(path),
      code,
      message,
    });
  }

  /** Once per code and object, however many nodes use it. */
  finding(code: PlanFindingCode, finding: Omit<Finding, 'code'>): void {
    const key = `${code} ${finding.object}`;
    if (!this.findingsByKey.has(key))
      this.findingsByKey.set(key, {
        severity: finding.severity,
        code,
        object: finding.object,
        message: finding.message,
        fix: finding.fix,
      });
  }
}
