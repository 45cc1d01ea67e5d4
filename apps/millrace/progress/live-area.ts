import { MultiBar } from 'cli-progress';
import type { LiveArea } from '../terminal.js';

interface Bar {
  update(payload: { line: string }): void;
}

/** Some lines at the end of a terminal that are drawn again in place; what is said meanwhile goes above them. */
export class DrawnLines implements LiveArea {
  private drawer: MultiBar | undefined;
  private bars: Bar[] = [];

  constructor(private readonly stream: NodeJS.WritableStream & { columns?: number }) {}

  draw(lines: readonly string[]): void {
    if (lines.length !== this.bars.length) this.restart(lines);
    for (const [index, line] of lines.entries()) this.bars[index]?.update({ line });
  }

  above(text: string): void {
    if (this.drawer) this.drawer.log(text);
    else this.stream.write(text);
  }

  /** Wipes the lines; more may be drawn later. */
  clear(): void {
    this.drawer?.update();
    this.drawer?.stop();
    this.drawer = undefined;
    this.bars = [];
  }

  private restart(lines: readonly string[]): void {
    this.clear();
    if (lines.length === 0) return;
    const drawer = new MultiBar({
      stream: this.stream,
      format: (_options, _params, payload: { line?: string }) => payload.line ?? '',
      clearOnComplete: true,
      hideCursor: true,
      gracefulExit: false,
      fps: 8,
      autopadding: false,
    });
    this.bars = lines.map((line) => drawer.create(1, 0, { line }) as unknown as Bar);
    this.drawer = drawer;
  }
}
