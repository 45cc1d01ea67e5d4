import type { Catalogue, SourceTable } from '#model';
import type { SimServer } from '../server/server.js';
import type { SimTable } from '../server/table.js';
import { valueTypeOf } from '../server/values.js';

export function catalogueOf(server: SimServer, schemas: readonly string[] | undefined): Catalogue {
  const tables = [...server.tables.values()].filter(({ schema }) => !schemas || schemas.includes(schema));
  return { tables: tables.map((table) => sourceTable(table, server)) };
}

function sourceTable(table: SimTable, server: SimServer): SourceTable {
  const { spec, schema, oid } = table;
  const { name, columns } = table.shownShape;
  const nameOf = (column: string) => columns.find((each) => each.spec.name === column)?.name ?? column;
  const key = spec.key.map(nameOf);
  const kind = spec.replicaIdentity ?? 'default';
  const estimatedRows = table.finally().length;
  return {
    sourceId: String(oid),
    schema,
    name,
    kind: 'table',
    partitions: [],
    columns: columns.map((column) => ({
      name: column.name,
      type: valueTypeOf(column.spec.type),
      nullable: !spec.key.includes(column.spec.name) && column.spec.nullable !== false,
      generated: false,
      number: column.place + 1,
    })),
    keys: [{ name: `${name}_pkey`, columns: key, primary: !spec.isKeyedByIndex, deferrable: false }],
    replicaIdentity: kind === 'index' ? { kind, columns: key } : { kind },
    foreignKeys: (spec.foreignKeys ?? []).map(({ columns, references, onDelete }, i) => ({
      name: `${name}_fkey${i}`,
      columns: [...columns],
      references: {
        schema: server.tables.get(references.table)?.schema ?? schema,
        table: server.tables.get(references.table)?.shownShape.name ?? references.table,
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
