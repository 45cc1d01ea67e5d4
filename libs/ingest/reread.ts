import { keyTexts, packTuple, type Plan, type TablePlan, unpackTuple } from '#model';
import type { LoadedRows, Source } from '#sources';
import type { IncarnationNames } from '#stage';
import { allInRange, type Doc, type Store } from '#store';
import type { Markers } from './markers.js';
import type { RowPacker } from './row-packer.js';

interface Request extends Doc {
  _id: string;
  table: number;
  key: string;
  since: string;
  columns: number[];
  transaction: string;
}

const REQUESTS_PER_ROUND = 500;
/** Rows that are read again have large columns: a round begins small, and takes as many as make about so many bytes. */
const FIRST_ROUND = 8;
const BYTES_PER_ROUND = 16 * 1024 * 1024;

/**
 * Reads columns again that the log left out and nobody knows. It waits until the change is visible, reads the row by its
 * key, writes a marker, and where the marker comes back appends the values as a fill: so all changes that the read could
 * have seen are before the fill in the river, and the fill takes effect only if none of them brought the column.
 * A row that is not found is left to its coming delete.
 */
export class Reread {
  constructor(
    private readonly plan: Plan,
    private readonly names: IncarnationNames,
    private readonly source: Source,
    private readonly store: Store,
    private readonly markers: Markers,
    private readonly packer: RowPacker,
  ) {}

  private requestsPerRound = FIRST_ROUND;

  /** Does what is asked for now; returns how many requests there were. */
  async round(wait: (ms: number) => Promise<void>): Promise<number> {
    const requests = await this.store.read.range<Request>(this.names.rereads, {}, { limit: this.requestsPerRound });
    if (requests.length === 0) return 0;
    await this.visible(requests, wait);
    const found = await this.read(requests);
    this.requestsPerRound = fittingRound(requests.length, found);
    const appends: Promise<void>[] = [];
    await this.markers.write(() => {
      for (const request of requests) {
        const tuple = found.get(request._id);
        if (tuple !== undefined) appends.push(this.packer.appendRow(this.fill(request, tuple)));
      }
      return appends;
    });
    await Promise.all(appends);
    await this.done(requests);
    return requests.length;
  }

  /** Resolves when everything that was asked for by now has been answered: documents wait for it. */
  async answered(wait: (ms: number) => Promise<void>): Promise<void> {
    let open = await this.asked();
    while (open.length > 0) {
      await wait(50);
      const present = await this.store.read.byIds<Request>(
        this.names.rereads,
        open.map((request) => request._id),
      );
      const since = new Map(present.map((request) => [request._id, request.since]));
      open = open.filter((request) => since.get(request._id) === request.since);
    }
  }

  private async asked(): Promise<Request[]> {
    const asked: Request[] = [];
    for await (const request of allInRange<Request>(this.store.read, this.names.rereads)) asked.push(request);
    return asked;
  }

  private async visible(requests: readonly Request[], wait: (ms: number) => Promise<void>): Promise<void> {
    for (;;) {
      const visibility = await this.source.visibility();
      if (requests.every((request) => visibility.finished(request.transaction))) return;
      await wait(20);
    }
  }

  private async read(requests: readonly Request[]): Promise<Map<string, string>> {
    const found = new Map<string, string>();
    const reader = await this.source.openReader();
    try {
      for (const table of this.plan.tables) {
        const keys = requests.filter((request) => request.table === table.index).map((request) => request.key);
        if (keys.length === 0) continue;
        const rows: LoadedRows = await reader.matching(table, table.key, keys.map(keyTexts));
        rows.keys.forEach((key, i) => {
          found.set(`${table.index}:${key}`, rows.tuples[i] as string);
        });
      }
    } finally {
      await reader.close();
    }
    return found;
  }

  private fill(request: Request, tuple: string) {
    const values = unpackTuple(tuple);
    const table = this.plan.tables[request.table] as TablePlan;
    const columns = request.columns.filter((column) => column < table.columns.length);
    const packed = packTuple(columns.map((column) => values[column] ?? null));
    const bytes = 200 + packed.length;
    return {
      kind: 'fill' as const,
      table: request.table,
      key: request.key,
      since: request.since,
      columns,
      values: packed,
      bytes,
    };
  }

  /** Only the very requests that were answered: a newer one of the same row stays. */
  private async done(requests: readonly Request[]): Promise<void> {
    await this.store.transact('rereads', async (tx) => {
      const present = await tx.byIds<Request>(
        this.names.rereads,
        requests.map((request) => request._id),
      );
      const since = new Map(requests.map((request) => [request._id, request.since]));
      const answered = present
        .filter((request) => since.get(request._id) === request.since)
        .map((request) => request._id);
      if (answered.length > 0) await tx.remove(this.names.rereads, answered);
    });
  }
}

function fittingRound(requests: number, found: ReadonlyMap<string, string>): number {
  let bytes = 1;
  for (const tuple of found.values()) bytes += tuple.length;
  const fitting = Math.floor((requests * BYTES_PER_ROUND) / bytes);
  return Math.max(1, Math.min(fitting, requests * 2, REQUESTS_PER_ROUND));
}
