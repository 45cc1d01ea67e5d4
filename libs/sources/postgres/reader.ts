import { packTuple, qualifiedName, type TablePlan } from '#model';
import type { LoadedRows, SourceReader, SourceSnapshot } from '../source.js';
import type { PostgresConnections, SourceClient } from './connection.js';
import { columnList, keyCondition, whereClause } from './key-range.js';
import { lineKey } from './load.js';
import { beginReading } from './snapshot.js';
import { fromClause, readShape, type TableShape } from './table-shape.js';

/** Look-ups in one read-only snapshot. Values come as the output functions' text, as COPY and the log have them. */
export class PostgresReader implements SourceReader {
  private readonly shapes = new Map<number, Promise<TableShape>>();

  private constructor(
    private readonly connections: PostgresConnections,
    private readonly client: SourceClient,
  ) {}

  static async open(connections: PostgresConnections, snapshot: SourceSnapshot | undefined): Promise<PostgresReader> {
    const client = await connections.client({ text: true });
    try {
      await beginReading(client, snapshot);
    } catch (error) {
      await client.close();
      throw connections.error(error, 'opening a reader', client);
    }
    return new PostgresReader(connections, client);
  }

  async matching(
    table: TablePlan,
    columns: readonly number[],
    values: readonly (readonly string[])[],
  ): Promise<LoadedRows> {
    if (values.length === 0) return { keys: [], tuples: [], bytes: 0 };
    const shape = await this.shape(table);
    const arrays = columns.map((column, i) => `$${i + 1}::${shape.castTypes[column]}[]`);
    const names = columnList(table, columns);
    const condition =
      columns.length === 1
        ? `${names} = ANY (${arrays[0]})`
        : `(${names}) IN (SELECT * FROM ROWS FROM (${arrays.map((array) => `pg_catalog.unnest(${array})`).join(', ')}) AS v)`;
    return this.rows(
      table,
      shape,
      `${whereClause([condition])}`,
      columns.map((_, i) => values.map((value) => value[i] as string)),
    );
  }

  async page(table: TablePlan, after: readonly string[] | null, limit: number): Promise<LoadedRows> {
    const shape = await this.shape(table);
    if (table.key.length === 0) return this.rows(table, shape, ` ORDER BY ctid LIMIT ${limit}`, []);
    const where = whereClause(after ? [keyCondition(table, shape, '>', after)] : []);
    return this.rows(table, shape, `${where} ORDER BY ${columnList(table, table.key)} LIMIT ${limit}`, []);
  }

  close(): Promise<void> {
    return this.client.close();
  }

  private async rows(table: TablePlan, shape: TableShape, rest: string, params: string[][]): Promise<LoadedRows> {
    const keyless = table.key.length === 0;
    const columns = columnList(table) + (keyless ? ', tableoid::text || ctid::text' : '');
    try {
      const { rows } = await this.client.query<(string | null)[]>({
        text: `SELECT ${columns} FROM ${fromClause(table, shape)}${rest}`,
        values: params,
        rowMode: 'array',
      });
      return keyless ? placedRows(rows) : keyedRows(table, rows);
    } catch (error) {
      throw this.connections.error(error, `reading ${qualifiedName(table)}`, this.client);
    }
  }

  private shape(table: TablePlan): Promise<TableShape> {
    let shape = this.shapes.get(table.index);
    if (!shape) {
      shape = readShape(this.connections, table);
      this.shapes.set(table.index, shape);
    }
    return shape;
  }
}

function keyedRows(table: TablePlan, rows: (string | null)[][]): LoadedRows {
  const keyOf = lineKey(table);
  const tuples = rows.map((row) => packTuple(row));
  const keys = tuples.map((tuple) => keyOf(tuple));
  return { keys, tuples, bytes: tuples.reduce((sum, tuple) => sum + 2 * tuple.length, 0) };
}

function placedRows(rows: (string | null)[][]): LoadedRows {
  const keys = rows.map((row) => `C${row.pop()}`);
  const tuples = rows.map((row) => packTuple(row));
  return { keys, tuples, bytes: tuples.reduce((sum, tuple) => sum + 2 * tuple.length, 0) };
}
