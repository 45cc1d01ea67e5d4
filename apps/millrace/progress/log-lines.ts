import type { JobEvent } from '#job';
import type { Finding } from '#model';
import type { Logger } from '#observability';
import { phaseInWords } from '../output/status.js';
import { bytes, count, counted, duration, percent } from '../output/units.js';
import { Rates, secondsLeft } from './rates.js';
import { isLast, subjectOf, Throttle, type Watcher } from './watcher.js';

const INTERVAL_MS = 5000;
/** More tables than these in one line nobody reads. */
const TABLES_NAMED = 3;

/** Progress where there is no terminal: log lines, one every few seconds. */
export class LogLines implements Watcher {
  private readonly throttle = new Throttle(INTERVAL_MS);
  private readonly rates = new Rates();

  constructor(
    private readonly logger: Logger,
    private readonly now: () => number,
  ) {}

  take(event: JobEvent): void {
    const nowMs = this.now();
    if (!this.throttle.passes(subjectOf(event), nowMs, isLast(event))) return;
    switch (event.kind) {
      case 'phase':
        return this.logger.info({ facts: { phase: event.phase } }, phaseInWords(event.phase));
      case 'progress':
        return this.progress(event, nowMs);
      case 'streaming':
        return this.streaming(event);
      case 'trouble':
        return this.logger.warn(`retrying: ${event.message}`);
      case 'recovered':
        return this.logger.info('recovered, going on');
      case 'warning':
        return this.warning(event.finding);
      case 'verify':
        return this.logger.info(
          { facts: { collection: event.collection, documents: event.documents, total: event.total } },
          `verifying ${event.collection}: ${percent(event.documents, event.total)}`,
        );
    }
  }

  end(): void {}

  private warning({ code, object, message, fix }: Finding): void {
    this.logger.warn({ facts: { code, object, fix } }, `${code} ${object}: ${message}`);
  }

  private progress({ tables, stage }: Extract<JobEvent, { kind: 'progress' }>, nowMs: number): void {
    const rows = sum(tables.map((table) => table.rows));
    if (rows === 0) return;
    const total = sum(tables.map((table) => Math.max(table.rows, table.total)));
    const perSecond = this.rates.update(stage, rows, nowMs);
    const left = secondsLeft(rows, total, perSecond);
    const noun = stage === 'load' ? 'rows loaded' : 'roots built';
    const open = tables.filter((table) => !table.done && table.rows > 0);
    const named = open.slice(0, TABLES_NAMED).map((table) => `${table.table} ${percent(table.rows, table.total)}`);
    if (open.length > TABLES_NAMED) named.push(`${count(open.length - TABLES_NAMED)} more`);
    this.logger.info(
      { facts: { stage, rows, total, rowsPerSecond: perSecond === undefined ? null : Math.round(perSecond) } },
      [
        `${count(rows)} of ${count(total)} ${noun}`,
        ...(perSecond === undefined ? [] : [`${count(perSecond)}/s`]),
        ...(left === undefined ? [] : [`${duration(left)} left`]),
        ...(named.length === 0 ? [] : [named.join(', ')]),
      ].join(' · '),
    );
  }

  private streaming({ kind: _, ...facts }: Extract<JobEvent, { kind: 'streaming' }>): void {
    this.logger.info({ facts }, streamingLine(facts));
  }
}

export function streamingLine(event: Omit<Extract<JobEvent, { kind: 'streaming' }>, 'kind'>): string {
  return [
    `lag ${duration(event.lagSeconds)}`,
    ...(event.changesPerSecond === null ? [] : [`${count(event.changesPerSecond)} changes/s`]),
    ...(event.deadLetters > 0 ? [counted(event.deadLetters, 'dead letter')] : []),
    ...(event.retainedBytes === null ? [] : [`${bytes(event.retainedBytes)} retained`]),
  ].join(' · ');
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
