import type { JobEvent } from '#job';
import type { Host } from '../host.js';
import { formatFinding } from '../output/findings.js';
import { phaseInWords } from '../output/status.js';
import { count, duration, percent } from '../output/units.js';
import type { Colours, Terminal } from '../terminal.js';
import { DrawnLines } from './live-area.js';
import { streamingLine } from './log-lines.js';
import { Rates, secondsLeft } from './rates.js';
import type { Watcher } from './watcher.js';

type Progress = Extract<JobEvent, { kind: 'progress' }>;

const MOST_BARS = 12;
const BAR_WIDTH = 24;

/** Progress on a terminal: a bar per table with rows/s and time left; then one line that follows the stream. */
export class Bars implements Watcher {
  private readonly lines: DrawnLines;
  private readonly rates = new Rates();
  private readonly colours: Colours;

  constructor(
    private readonly terminal: Terminal,
    private readonly host: Host,
  ) {
    this.lines = new DrawnLines(host.stderr as unknown as NodeJS.WritableStream);
    this.colours = terminal.err;
    terminal.live = this.lines;
  }

  take(event: JobEvent): void {
    const { dim, yellow, green } = this.colours;
    switch (event.kind) {
      case 'phase':
        this.lines.clear();
        return this.terminal.say(`${this.colours.cyan('▸')} ${phaseInWords(event.phase)}`);
      case 'progress':
        return this.lines.draw(this.progress(event));
      case 'streaming':
        return this.lines.draw([`${green('●')} following changes ${dim('·')} ${streamingLine(event)}`]);
      case 'trouble':
        return this.terminal.say(yellow(`retrying: ${event.message}`));
      case 'recovered':
        return this.terminal.say(green('recovered, going on'));
      case 'warning':
        return this.terminal.say(formatFinding(event.finding, this.colours));
      case 'verify':
        return this.lines.draw([
          this.bar(`verify ${event.collection}`, event.collection, event.documents, event.total),
        ]);
    }
  }

  end(): void {
    this.lines.clear();
    this.terminal.live = undefined;
  }

  /** Tables that are being read first, then those that wait; finished ones only while there is room. */
  private progress({ tables, stage }: Progress): string[] {
    const room = Math.max(2, Math.min(MOST_BARS, (this.host.stderr.rows ?? 24) - 4));
    const rank = (table: Progress['tables'][number]): number => (table.done ? 2 : table.rows > 0 ? 0 : 1);
    const shown = tables.length <= room ? tables : [...tables].sort((a, b) => rank(a) - rank(b)).slice(0, room - 1);
    const width = Math.max(...shown.map(({ table }) => table.length), 0);
    const bars = shown.map(({ table, rows, total, done }) =>
      this.bar(`${stage} ${table}`, table.padEnd(width), rows, done ? rows : Math.max(rows, total)),
    );
    const hidden = tables.filter((table) => !shown.includes(table));
    const ready = hidden.filter(({ done }) => done).length;
    return hidden.length === 0
      ? bars
      : [...bars, this.colours.dim(`and ${count(hidden.length)} more tables, ${count(ready)} of them done`)];
  }

  private bar(series: string, label: string, rows: number, total: number): string {
    const { cyan, dim } = this.colours;
    const perSecond = this.rates.update(series, rows, this.host.now());
    const left = secondsLeft(rows, total, perSecond);
    const filled = total <= 0 ? BAR_WIDTH : Math.min(BAR_WIDTH, Math.floor((rows / total) * BAR_WIDTH));
    return [
      `${label}  ${cyan('█'.repeat(filled))}${dim('░'.repeat(BAR_WIDTH - filled))} ${percent(rows, total).padStart(5)}`,
      `${count(rows)}/${count(total)} rows`,
      ...(perSecond === undefined || rows >= total ? [] : [`${count(perSecond)}/s`]),
      ...(left === undefined ? [] : [`${duration(left)} left`]),
    ].join('  ');
  }
}
