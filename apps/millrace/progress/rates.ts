/** Speeds, smoothed so that a bar's number can be read, and followed closely enough to be true. */
export class Rates {
  private readonly series = new Map<string, { rows: number; atMs: number; perSecond: number | undefined }>();

  /** Rows per second of `name`, now that it stands at `rows`; undefined until there is something to tell. */
  update(name: string, rows: number, nowMs: number): number | undefined {
    const former = this.series.get(name);
    if (!former || rows < former.rows) {
      this.series.set(name, { rows, atMs: nowMs, perSecond: undefined });
      return undefined;
    }
    const elapsedMs = nowMs - former.atMs;
    if (former.perSecond === undefined && rows === former.rows) {
      former.atMs = nowMs; // It waits for its turn: that is no pace.
      return undefined;
    }
    if (elapsedMs < SHORTEST_MS) return former.perSecond;
    const measured = ((rows - former.rows) * 1000) / elapsedMs;
    const weight = 1 - Math.exp(-elapsedMs / SMOOTHED_OVER_MS);
    const perSecond =
      former.perSecond === undefined ? measured : former.perSecond + weight * (measured - former.perSecond);
    this.series.set(name, { rows, atMs: nowMs, perSecond });
    return perSecond;
  }
}

const SHORTEST_MS = 200;
const SMOOTHED_OVER_MS = 5000;

export function secondsLeft(rows: number, total: number, perSecond: number | undefined): number | undefined {
  return perSecond === undefined || perSecond < 0.1 || rows >= total ? undefined : (total - rows) / perSecond;
}
