import type { Catalogue, SourceTable } from '#model';
import type { SimServer } from '../server/server.js';
import type { SimTable } from '../server/table.js';

export function catalogueOf(server: SimServer, schemas: readonly string[] | undefined): Catalogue {
  const tables = [...server.tables.values()].filter(({ schema }) => !schemas || schemas.includes(schema));
  return { tables: tables.map((table) => sourceTable(table, server)) };
}

function sourceTable(table: SimTable, server: SimServer): SourceTable {
  const { spec, schema, name, oid } = table;
  const estimatedRows = table.finally().length;
  return {
    sourceId: String(oid),
    schema,
    name,
    kind: 'table',
    partitions: [],
    columns: spec.columns.map((column, i) => ({
      name: column.name,
      type: table.types[i] as SourceTable['columns'][number]['type'],
      nullable: !spec.key.includes(column.name) && column.nullable !== false,
      generated: false,
    })),
    keys: [{ name: `${name}_pkey`, columns: [...spec.key], primary: true, deferrable: false }],
    replicaIdentity: { kind: spec.replicaIdentity ?? 'default' },
    foreignKeys: (spec.foreignKeys ?? []).map(({ columns, references, onDelete }, i) => ({
      name: `${name}_fkey${i}`,
      columns: [...columns],
      references: {
        schema: server.tables.get(references.table)?.schema ?? schema,
        table: references.table,
        columns: [...references.columns],
      },
      onDelete,
    })),
    estimatedRows,
    estimatedBytes: 100 * estimatedRows,
    rowSecurity: false,
    unlogged: false,
  };
}
