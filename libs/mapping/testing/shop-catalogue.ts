import type { Catalogue, ForeignKey, SourceColumn, SourceTable, ValueType } from '#model';

/** For specs: catalogues by hand, in few words. */
export const int: ValueType = { kind: 'int32', name: 'integer' };
export const bigint: ValueType = { kind: 'int64', name: 'bigint' };
export const text: ValueType = { kind: 'text', name: 'text' };
export const timestamptz: ValueType = { kind: 'timestamptz', name: 'timestamp with time zone' };
export const json: ValueType = { kind: 'json', name: 'jsonb' };

export function numeric(precision?: number, scale?: number): ValueType {
  if (precision === undefined) return { kind: 'numeric', name: 'numeric' };
  return { kind: 'numeric', precision, scale: scale ?? 0, name: `numeric(${precision},${scale ?? 0})` };
}

export interface TableWords {
  schema?: string;
  kind?: SourceTable['kind'];
  columns: Record<string, ValueType | (Partial<SourceColumn> & { type: ValueType })>;
  key?: string[];
  /** `[columns, table, its columns]`, or whole ones. */
  foreignKeys?: ([string[], string, string[]] | ForeignKey)[];
}

export function table(name: string, words: TableWords): SourceTable {
  const schema = words.schema ?? 'public';
  const key = words.key ?? [];
  return {
    sourceId: `${schema}.${name}`,
    schema,
    name,
    kind: words.kind ?? 'table',
    partitions: [],
    columns: Object.entries(words.columns).map(([column, of]) => ({
      name: column,
      nullable: !key.includes(column),
      generated: false,
      ...('kind' in of ? { type: of } : of),
    })),
    keys: key.length === 0 ? [] : [{ name: `${name}_pkey`, columns: key, primary: true, deferrable: false }],
    replicaIdentity: { kind: 'default' },
    foreignKeys: (words.foreignKeys ?? []).map((fk, i) =>
      Array.isArray(fk)
        ? {
            name: `${name}_fk${i}`,
            columns: fk[0],
            references: { schema, table: fk[1], columns: fk[2] },
            onDelete: 'no action',
          }
        : fk,
    ),
    estimatedRows: 0,
    estimatedBytes: 0,
    rowSecurity: false,
    unlogged: false,
  };
}

/** The tables of the job file in the contract with users. */
export function shopCatalogue(...more: SourceTable[]): Catalogue {
  return {
    tables: [
      table('customers', { columns: { id: int, name: text, email: text }, key: ['id'] }),
      table('orders', {
        columns: {
          id: bigint,
          customer_id: int,
          status: text,
          placed_at: timestamptz,
          total: numeric(12, 2),
          internal_note: text,
        },
        key: ['id'],
        foreignKeys: [[['customer_id'], 'customers', ['id']]],
      }),
      table('products', { columns: { id: int, name: text, price: numeric(10, 2) }, key: ['id'] }),
      table('order_lines', {
        columns: { order_id: bigint, line_no: int, product_id: int, quantity: int },
        key: ['order_id', 'line_no'],
        foreignKeys: [
          [['order_id'], 'orders', ['id']],
          [['product_id'], 'products', ['id']],
        ],
      }),
      table('order_tags', {
        columns: { order_id: bigint, tag: text },
        key: ['order_id', 'tag'],
        foreignKeys: [[['order_id'], 'orders', ['id']]],
      }),
      ...more,
    ],
  };
}
