import type { ComputedPlan, FieldPlan, NodePlan, Plan, TablePlan } from '#model';
import { type ResultConverter, resultConverter, type TaggedResult } from '../expressions/result.js';
import { type BsonDocument, type BsonValue, needsMap } from '../values/bson-value.js';
import { ConversionFailed } from '../values/conversion-failed.js';
import { type Converter, converter } from '../values/converter.js';
import { assembleCodes } from './assemble.codes.js';
import type { RowTree } from './assembled.js';
import type { Problems } from './problems.js';
import type { RowView } from './row-view.js';
import { Selection } from './selection.js';

interface Field {
  name: string;
  path: string;
  column: number;
  convert: Converter;
}

interface Computed {
  name: string;
  path: string;
  expression: number;
  convert: ResultConverter;
}

/** One node of a collection's mapping, compiled: what a row of it adds to the document that it stands in. */
export class NodeAssembler {
  readonly children: NodeAssembler[];
  readonly selection: Selection;
  /** The documents of this node, made by itself or by the node that it is flattened into, are `Map`s. */
  readonly ordered: boolean;
  private readonly fields: Field[];
  private readonly computed: Computed[];
  private readonly value: Field | undefined;
  private readonly computedValue: Computed | undefined;
  private readonly omit: boolean;
  /** Columns that the document has something of. */
  private readonly used: Set<number>;
  private readonly needsAll: boolean;

  constructor(
    plan: Plan,
    readonly node: NodePlan,
    private readonly problems: Problems,
    host?: boolean,
  ) {
    const table = plan.tables[node.table] as TablePlan;
    const fieldOf = (field: FieldPlan) => compileField(node, table, field);
    this.ordered = host ?? hasUnorderedName(plan, node);
    this.fields = node.fields.map(fieldOf);
    this.computed = node.computed.map((field) => compileComputed(node, field));
    this.value = node.value?.kind === 'column' ? fieldOf(node.value.field) : undefined;
    this.computedValue = node.value?.kind === 'computed' ? compileComputed(node, node.value.field) : undefined;
    this.omit = node.nulls === 'omit';
    this.selection = new Selection(node, table);
    this.used = new Set([
      ...(this.value ? [this.value] : this.fields).map((field) => field.column),
      ...node.sort.map((by) => by.column),
    ]);
    this.needsAll = this.computedValue !== undefined || (node.value === null && this.computed.length > 0);
    this.children = node.children.map((id) => {
      const child = plan.nodes[id] as NodePlan;
      return new NodeAssembler(plan, child, problems, child.flatten ? this.ordered : undefined);
    });
  }

  empty(): BsonDocument {
    return this.ordered ? new Map<string, BsonValue>() : {};
  }

  /** Whether this row can be used at all; notes why not. `also`: columns in use beside the fields (the `_id`'s). */
  usable(view: RowView, also?: ReadonlySet<number>): boolean {
    const { row } = view;
    if (row.bad !== undefined) {
      this.problems.bad(this.node.path, row);
      return false;
    }
    if (row.missing === undefined) return true;
    const { reader } = this.selection;
    if (!reader.lacks(row, this.needsAll ? null : this.used) && !(also && reader.lacks(row, also))) return true;
    this.problems.wait();
    return false;
  }

  /** Adds the row's fields, computed and embedded values to `document`. */
  fill(document: BsonDocument, view: RowView): void {
    const { fields, computed, children } = this;
    for (let i = 0; i < fields.length; i++) {
      const field = fields[i] as Field;
      this.put(document, field.name, this.checked(field.convert(view.values[field.column] ?? null), field.path, view));
    }
    for (let i = 0; i < computed.length; i++) {
      const field = computed[i] as Computed;
      this.put(document, field.name, this.result(field, view));
    }
    for (let i = 0; i < children.length; i++) {
      (children[i] as NodeAssembler).embed(document, view.tree.children[i] ?? NO_ROWS, view);
    }
  }

  private put(document: BsonDocument, name: string, value: BsonValue): void {
    if (value === null && this.omit) return;
    this.set(document, name, value);
  }

  private set(document: BsonDocument, name: string, value: BsonValue): void {
    if (this.ordered) (document as Map<string, BsonValue>).set(name, value);
    else (document as Record<string, BsonValue>)[name] = value;
  }

  private checked(value: BsonValue | ConversionFailed, path: string, view: RowView): BsonValue {
    if (!(value instanceof ConversionFailed)) return value;
    this.problems.conversion(value, path, view.row);
    return null;
  }

  private result(field: Computed, view: RowView): BsonValue {
    const result = view.row.x?.[this.node.id]?.[field.expression];
    if (result !== undefined && 'v' in result)
      return this.checked(field.convert(result.v as TaggedResult), field.path, view);
    this.problems.expression(this.node.path, field.name, view.row, result);
    return null;
  }

  /** Puts what these rows make into the parent's document. `parent` is where a problem that concerns no one row is noted. */
  private embed(document: BsonDocument, rows: readonly RowTree[], parent: RowView): void {
    const views = rows.length === 0 ? NO_VIEWS : this.selection.select(rows, this.problems);
    if (this.node.kind === 'many') return put(document, this.node.name, this.array(views));
    if (views.length > 1) {
      this.problems.refuse(
        assembleCodes.MORE_THAN_ONE.code,
        assembleCodes.MORE_THAN_ONE.cause,
        this.node.path,
        parent.row,
      );
      return;
    }
    const view = views[0];
    if (view === undefined) return this.embedNothing(document);
    if (!this.usable(view)) return;
    if (this.node.flatten) return this.fill(document, view);
    const embedded = this.empty();
    this.fill(embedded, view);
    put(document, this.node.name, embedded);
  }

  private embedNothing(document: BsonDocument): void {
    if (this.omit) return;
    if (!this.node.flatten) return put(document, this.node.name, null);
    for (const field of this.fields) this.set(document, field.name, null);
    for (const field of this.computed) this.set(document, field.name, null);
    for (const child of this.children) {
      if (child.node.kind === 'many') put(document, child.node.name, []);
      else child.embedNothing(document);
    }
  }

  private array(views: readonly RowView[]): BsonValue[] {
    const items: BsonValue[] = [];
    for (let i = 0; i < views.length; i++) {
      const view = views[i] as RowView;
      if (!this.usable(view)) continue;
      if (this.node.value === null) {
        const embedded = this.empty();
        this.fill(embedded, view);
        items.push(embedded);
      } else {
        const item = this.plainValue(view);
        if (item !== null || !this.omit) items.push(item);
      }
    }
    return items;
  }

  private plainValue(view: RowView): BsonValue {
    if (this.computedValue !== undefined) return this.result(this.computedValue, view);
    const field = this.value as Field;
    return this.checked(field.convert(view.values[field.column] ?? null), field.path, view);
  }
}

const NO_ROWS: readonly RowTree[] = [];
const NO_VIEWS: readonly RowView[] = [];

function put(document: BsonDocument, name: string, value: BsonValue): void {
  if (document instanceof Map) document.set(name, value);
  else document[name] = value;
}

function compileField(node: NodePlan, table: TablePlan, field: FieldPlan): Field {
  const { type } = table.columns[field.column] as TablePlan['columns'][number];
  return {
    name: field.name,
    path: `${node.path}.${field.name}`,
    column: field.column,
    convert: converter(type, field.type),
  };
}

function compileComputed(node: NodePlan, field: ComputedPlan): Computed {
  const { name, expression } = field;
  return { name, path: `${node.path}.${name}`, expression, convert: resultConverter(field.type) };
}

/** Whether a document of this node, with what is flattened into it, has a name that a plain object cannot keep in place. */
function hasUnorderedName(plan: Plan, node: NodePlan): boolean {
  const names = [...node.fields, ...node.computed].map((field) => field.name);
  for (const id of node.children) {
    const child = plan.nodes[id] as NodePlan;
    if (child.flatten ? hasUnorderedName(plan, child) : needsMap(child.name)) return true;
  }
  return names.some(needsMap);
}
