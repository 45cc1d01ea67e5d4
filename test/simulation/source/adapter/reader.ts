import { canonicalizer, type TablePlan } from '#model';
import type { LoadedRows, SnapshotId, SourceReader } from '#sources';
import type { SimTable, Values } from '../server/table.js';
import type { SimClient, SimConnections } from './connections.js';
import { loadedRows, planColumns, rangeOf } from './rows.js';
import { openReading } from './snapshot.js';

/** Look-ups in one snapshot. */
export class SimReader implements SourceReader {
  private constructor(
    private readonly connections: SimConnections,
    private readonly client: SimClient,
  ) {}

  static async open(connections: SimConnections, snapshot: SnapshotId | undefined): Promise<SimReader> {
    return new SimReader(connections, await openReading(connections, snapshot));
  }

  async matching(
    table: TablePlan,
    columns: readonly number[],
    values: readonly (readonly string[])[],
  ): Promise<LoadedRows> {
    if (values.length === 0) return { keys: [], tuples: [], bytes: 0 };
    const types = columns.map((column) => (table.columns[column] as TablePlan['columns'][number]).type);
    const canonical = canonicalizer(
      types,
      columns.map((_, i) => i),
    );
    const wanted = new Set(values.map(canonical));
    const sim = this.connections.named((server) => server.tableOf(table));
    const places = this.connections.named(() => planColumns(sim, table));
    return this.rows(table, sim, 'looks up rows', (row) => {
      const own = canonical(columns.map((column) => row[places[column] as number] ?? null));
      return own !== undefined && wanted.has(own);
    });
  }

  page(table: TablePlan, after: readonly string[] | null, limit: number): Promise<LoadedRows> {
    const sim = this.connections.named((server) => server.tableOf(table));
    return this.rows(table, sim, 'reads a page', rangeOf(sim, after), limit);
  }

  close(): Promise<void> {
    return this.client.close();
  }

  private rows(
    table: TablePlan,
    sim: SimTable,
    label: string,
    isWanted: (row: Values) => boolean,
    limit?: number,
  ): Promise<LoadedRows> {
    const { server } = this.connections;
    return this.client.wait(label, (session) => () => {
      const rows = server.read(session, sim, isWanted);
      return rows && loadedRows(sim, table, rows.slice(0, limit));
    });
  }
}
