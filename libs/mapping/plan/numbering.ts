import type { EdgePlan, IdPlan, JoinPlan, JoinSide, NodePlan, TablePlan } from '#model';
import type { NodeDraft } from './node-draft.js';
import type { TableUse } from './table-use.js';

/** A table's columns in use, numbered as the plan's tuples have them. */
export class TableNumbering {
  readonly columns: number[];
  readonly key: number[];
  private readonly joins: JoinPlan[] = [];

  constructor(private readonly use: TableUse) {
    this.columns = [...use.used].sort((a, b) => a - b);
    this.key = use.keyColumns.map((column) => this.number(column));
  }

  /** From an index into the catalogue's list to one into the plan's. */
  number(column: number): number {
    return this.columns.indexOf(column);
  }

  /** One side of an edge; a join that is not the key is kept once for all edges with the same columns. */
  side(sourceColumns: readonly number[]): JoinSide {
    const columns = sourceColumns.map((column) => this.number(column));
    if (equal(columns, this.key)) return { name: null, columns };
    let join = this.joins.find((known) => equal(known.columns, columns));
    if (!join) {
      join = { name: `j${this.joins.length}`, columns };
      this.joins.push(join);
    }
    return { name: join.name, columns };
  }

  plan(nodes: readonly NodeDraft[]): TablePlan {
    const { source, index, hasExpressions } = this.use;
    return {
      index,
      sourceId: source.sourceId,
      schema: source.schema,
      name: source.name,
      columns: this.columns.map((column) => {
        const { name, type, nullable, number } = this.use.column(column);
        return { name, type, nullable, ...(number === undefined ? {} : { number }) };
      }),
      key: this.key,
      joins: this.joins,
      nodes: nodes.filter((draft) => draft.table === this.use).map((draft) => draft.node.id),
      hasExpressions,
    };
  }
}

/** The node as the plan has it. */
export function numberedNode(draft: NodeDraft, numberings: readonly TableNumbering[]): NodePlan {
  const own = numberings[draft.table.index] as TableNumbering;
  const parent = draft.parent ? (numberings[draft.parent.table.index] as TableNumbering) : undefined;
  const { node, on } = draft;
  const field = <T extends { column: number }>(value: T): T => ({ ...value, column: own.number(value.column) });
  const edge: EdgePlan | null = parent && on ? { parent: parent.side(on.parent), child: own.side(on.child) } : null;
  return {
    ...node,
    edge,
    fields: node.fields.map(field),
    sort: node.sort.map(field),
    value: node.value?.kind === 'column' ? { kind: 'column', field: field(node.value.field) } : node.value,
  };
}

export function numberedId(id: IdPlan, numbering: TableNumbering): IdPlan {
  switch (id.kind) {
    case 'column':
      return { ...id, column: numbering.number(id.column) };
    case 'columns':
      return { ...id, fields: id.fields.map((field) => ({ ...field, column: numbering.number(field.column) })) };
    default:
      return id;
  }
}

function equal(a: readonly number[], b: readonly number[]): boolean {
  return a.length > 0 && a.length === b.length && a.every((column, i) => column === b[i]);
}
