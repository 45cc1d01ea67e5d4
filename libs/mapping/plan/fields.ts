import type { BsonType, ComputedPlan, FieldPlan, NodePlan } from '#model';
import { suggestion } from '../job-file/did-you-mean.js';
import type { Path } from '../job-file/problem.js';
import type { FieldsMapping } from '../job-file/schema.js';
import type { DocumentScope } from './document-scope.js';
import { checkExpressionAt } from './expression-syntax.js';
import { type FieldNames, fieldName } from './field-names.js';
import { addExpression, type NodeDraft } from './node-draft.js';
import type { Report } from './report.js';
import type { TableUse } from './table-use.js';
import { checkConversion, generatedFinding } from './types.js';

export interface FieldContext {
  nodePath: Path;
  style: FieldNames;
  prefix: string;
  report: Report;
}

/** The `fields` of one node, read once: which columns, under which names and types, and what is computed. */
export class FieldRules {
  private readonly rules: FieldsMapping;
  /** Columns that the file names one by one; undefined: all. */
  private readonly only: Set<number> | undefined;
  private readonly omitted: Set<number>;
  private readonly renamed = new Map<number, string>();
  private readonly path: Path;

  constructor(
    private readonly table: TableUse,
    fields: readonly string[] | FieldsMapping | undefined,
    private readonly context: FieldContext,
  ) {
    this.path = [...context.nodePath, 'fields'];
    const isList = Array.isArray(fields);
    this.rules = isList ? {} : ((fields ?? {}) as FieldsMapping);
    const list = isList ? (fields as readonly string[]) : this.rules.only;
    this.only = list && this.columns(list, isList ? this.path : [...this.path, 'only']);
    this.omitted = this.columns(this.rules.omit ?? [], [...this.path, 'omit'], true);
    for (const [name, to] of Object.entries(this.rules.rename ?? {})) {
      const column = table.find(name, [...this.path, 'rename', name], 'key', context.report);
      if (column !== undefined) this.renamed.set(column, to);
    }
  }

  private columns(names: readonly string[], path: Path, generatedToo = false): Set<number> {
    const found = new Set<number>();
    names.forEach((name, i) => {
      if (generatedToo && this.table.source.columns[this.table.indexOf(name)]?.generated) return;
      const column = this.table.find(name, [...path, i], 'value', this.context.report);
      if (column !== undefined) found.add(column);
    });
    return found;
  }

  /** The finished name of a column's field, without the prefix. */
  nameOf(column: number): string {
    return this.renamed.get(column) ?? fieldName(this.table.column(column).name, this.context.style);
  }

  typeOf(column: number): BsonType | undefined {
    return this.rules.types?.[this.table.column(column).name];
  }

  /** Where the file says so: the entry in `types`. */
  typePath(name: string): Path {
    return [...this.path, 'types', name];
  }

  /** The columns that become fields, in table order; `idColumns` only where they are listed by name. */
  fields(idColumns: ReadonlySet<number>, scope: DocumentScope, draft: NodeDraft): FieldPlan[] {
    const fields: FieldPlan[] = [];
    this.table.source.columns.forEach((column, index) => {
      if (this.omitted.has(index) || !(this.only?.has(index) ?? !idColumns.has(index))) return;
      if (column.generated) {
        if (!this.rules.omit?.includes(column.name)) generatedFinding(this.table, column.name, this.context.report);
        return;
      }
      const field = this.field(index, this.context.prefix + this.nameOf(index));
      const written = scope.claim(field.name, {
        what: `column ${column.name} of ${this.table.label}`,
        ...this.origin(index),
        fix: `give it another name: rename: { ${column.name}: … }, or omit it`,
        column: `${draft.node.id}:${index}`,
        equals: equalOfParent(draft, index),
      });
      if (written) fields.push(field);
    });
    return fields;
  }

  /** One column as a field, its conversion checked. */
  field(column: number, name: string): FieldPlan {
    const type = this.typeOf(column);
    checkConversion(this.table, column, type, this.typePath(this.table.column(column).name), this.context.report);
    this.table.use([column]);
    return { name, column, ...(type === undefined ? {} : { type }) };
  }

  /** The computed fields in the file's order; of plain values only the one that is needed. */
  computed(node: NodePlan, scope: DocumentScope | null): ComputedPlan[] {
    const names = this.context.report.positions.entries(this.rules.computed ?? {}, [...this.path, 'computed']);
    return names.map(([name]) => {
      const path = [...this.path, 'computed', name];
      const finished = this.context.prefix + name;
      scope?.claim(finished, { what: `computed field ${name}`, path, at: 'key', fix: 'give it another name' });
      return this.computedField(node, name, finished);
    });
  }

  hasComputed(name: string): boolean {
    return Object.hasOwn(this.rules.computed ?? {}, name);
  }

  computedField(node: NodePlan, name: string, finished: string): ComputedPlan {
    const expression = this.rules.computed?.[name] ?? '';
    checkExpressionAt(expression, [...this.path, 'computed', name], this.table, this.context.report);
    const type = this.rules.types?.[name];
    return { name: finished, expression: addExpression(node, expression), ...(type === undefined ? {} : { type }) };
  }

  /** Entries of `rename` and `types` that name nothing, or that concern a column which becomes no field. */
  checkEntries(used: ReadonlySet<number>, idComputed: boolean): void {
    for (const name of Object.keys(this.rules.types ?? {})) {
      const known = this.table.indexOf(name) >= 0 || this.hasComputed(name) || (name === '_id' && idComputed);
      if (!known) {
        const candidates = [...this.table.source.columns.map((c) => c.name), ...Object.keys(this.rules.computed ?? {})];
        this.context.report.atKey(
          this.typePath(name),
          'UNKNOWN_COLUMN',
          `${this.table.label} has no column ${name}, nor is there a computed field of that name${suggestion(name, candidates)}`,
        );
      } else if (!this.hasComputed(name) && this.table.indexOf(name) >= 0)
        this.checkUsed('types', this.table.indexOf(name), used);
    }
    for (const column of this.renamed.keys()) this.checkUsed('rename', column, used);
  }

  private checkUsed(entry: 'types' | 'rename', column: number, used: ReadonlySet<number>): void {
    if (used.has(column)) return;
    const { name } = this.table.column(column);
    const at = this.context.nodePath
      .filter((part) => part !== 'embed')
      .slice(1)
      .join('.');
    this.context.report.finding('MAPPING_WITHOUT_EFFECT', {
      severity: 'warning',
      object: `${at}.fields.${entry}.${name}`,
      message: `\`${entry}\` of ${at} names ${name}, which becomes no field there`,
      fix: `list ${name} in \`only\`, or remove it from \`${entry}\``,
    });
  }

  /** What of the file a column's field comes from: the nearest thing that one would change. */
  private origin(column: number): { path: Path; at: 'key' | 'value' } {
    const { name } = this.table.column(column);
    if (this.renamed.has(column)) return { path: [...this.path, 'rename', name], at: 'value' };
    return { path: this.context.nodePath, at: 'key' };
  }
}

/** The parent's column that `on` makes equal to this one. */
function equalOfParent({ on, parent }: NodeDraft, column: number): string | undefined {
  const pair = on ? on.child.indexOf(column) : -1;
  return on && parent && pair >= 0 ? `${parent.node.id}:${on.parent[pair]}` : undefined;
}
