import type { Happening, Reach, Watch } from '../happening.js';

const PAUSE_MS = 60_000;

/** F48: processes go on, and write, whose time is not what it was. */
export class ClockWatch implements Watch {
  private readonly set = new Map<string, number>();

  constructor(private readonly reach: Reach) {}

  see(happening: Happening): void {
    switch (happening.kind) {
      case 'went on':
        if (happening.stoodStillMs >= PAUSE_MS) this.reach('F48 a pause');
        return;
      case 'clock set':
        this.set.set(happening.process, happening.byMs);
        return;
      case 'committed': {
        const byMs = this.set.get(happening.by.process);
        if (byMs === undefined) return;
        this.set.delete(happening.by.process);
        this.reach(byMs > 0 ? 'F48 a clock put forward' : 'F48 a clock put back');
      }
    }
  }
}
