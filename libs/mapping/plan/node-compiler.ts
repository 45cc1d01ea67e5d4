import { type Catalogue, type CollectionPlan, type NodePlan, qualifiedName, type ValueType } from '#model';
import type { Path } from '../job-file/problem.js';
import type { CollectionMapping, EmbedMapping, JobFile } from '../job-file/schema.js';
import { DocumentScope } from './document-scope.js';
import { checkExpressionAt } from './expression-syntax.js';
import { FieldRules } from './fields.js';
import { resolveId } from './ids.js';
import { keylessFinding } from './keyless.js';
import { addExpression, type NodeDraft } from './node-draft.js';
import { checkMine, checkTheirs, resolveOn } from './on.js';
import type { Report } from './report.js';
import { findTable } from './table-names.js';
import { TableUse } from './table-use.js';

/**
 * Where an embed is put: the node that it hangs on (null where its table is unknown: the file is refused, and what stands
 * below is still checked), and the document that its fields share.
 */
interface Place {
  parent: NodeDraft | null;
  scope: DocumentScope;
  path: Path;
}

/** Turns collections and their embeds into nodes, tables by use, problems and findings. */
export class NodeCompiler {
  readonly nodes: NodeDraft[] = [];
  readonly collections: CollectionPlan[] = [];
  readonly tables: TableUse[] = [];

  constructor(
    private readonly jobFile: JobFile,
    private readonly catalogue: Catalogue,
    private readonly report: Report,
  ) {}

  compile(): void {
    for (const [name, mapping] of this.report.positions.entries(this.jobFile.collections, ['collections']))
      this.collection(name, mapping);
  }

  private collection(name: string, mapping: CollectionMapping): void {
    const path = ['collections', name];
    const scope = new DocumentScope(this.report);
    scope.claim('_id', { what: '`_id`', path, at: 'key', fix: '' });
    const table = this.table(mapping.table, [...path, 'table']);
    if (!table) return this.embeds(mapping, { parent: null, scope, path });
    const nulls = mapping.nulls ?? this.jobFile.defaults.nulls;
    const draft = this.draft({ path: name, kind: 'root', name: '', nulls }, table, null);
    const rules = this.rules(table, mapping, path, '');
    const computed = isComputedId(mapping);
    const types = Array.isArray(mapping.fields) ? undefined : mapping.fields?.types;
    const id = resolveId(
      {
        id: mapping.id,
        table,
        node: draft.node,
        rules,
        path,
        mode: this.jobFile.mode,
        computedType: computed ? types?.['_id'] : undefined,
      },
      this.report,
    );
    this.where(draft, mapping.where, path);
    this.documentFields(draft, rules, scope, id?.columns ?? new Set(), computed);
    const collection: CollectionPlan = {
      index: this.collections.length,
      name,
      root: draft.node.id,
      nodes: [],
      id: id?.id ?? { kind: 'objectId' },
      claims: id?.claims ?? true,
    };
    this.collections.push(collection);
    this.embeds(mapping, { parent: draft, scope, path });
    collection.nodes = this.nodes.filter((d) => d.node.collection === collection.index).map((d) => d.node.id);
  }

  private embeds(mapping: CollectionMapping | EmbedMapping, place: Place): void {
    for (const [name, embed] of this.report.positions.entries(mapping.embed ?? {}, [...place.path, 'embed']))
      this.embed(name, embed, { ...place, path: [...place.path, 'embed', name] });
  }

  private embed(name: string, embed: EmbedMapping, { parent, scope, path }: Place): void {
    const kind = embed.one === undefined ? 'many' : 'one';
    const flatten = embed.flatten === true;
    const outer = parent?.node.prefix ?? '';
    if (!flatten)
      scope.claim(outer + name, { what: `embed ${name}`, path, at: 'key', fix: 'give one of them another name' });
    const own = flatten ? scope : new DocumentScope(this.report);
    const table = this.table(embed.one ?? embed.many, [...path, kind]);
    if (!table) {
      if (parent) checkMine(embed.on, parent.table, path, this.report);
      return this.embeds(embed, { parent: null, scope: own, path });
    }
    const prefix = flatten ? outer + (embed.prefix ?? '') : '';
    const nulls = embed.nulls ?? parent?.node.nulls ?? this.jobFile.defaults.nulls;
    const draft = this.draft(
      { path: `${parent?.node.path ?? ''}.${name}`, kind, name: flatten ? '' : outer + name, nulls },
      table,
      parent,
    );
    Object.assign(draft.node, { flatten, prefix });
    this.join(draft, embed, path);
    this.where(draft, embed.where, path);
    this.arrayOrder(draft, embed, path);
    const rules = this.rules(table, embed, path, prefix);
    if (embed.value === undefined) this.documentFields(draft, rules, own, new Set(), false);
    else this.plainValue(draft, rules, embed.value, path);
    this.embeds(embed, { parent: draft, scope: own, path });
  }

  private join(draft: NodeDraft, embed: EmbedMapping, path: Path): void {
    const { parent, table } = draft;
    if (!parent) return checkTheirs(embed.on, table, path, this.report);
    const on = resolveOn(
      { kind: embed.one === undefined ? 'many' : 'one', child: table, parent: parent.table, on: embed.on, path },
      this.report,
    );
    if (!on) return;
    draft.on = on;
    table.use(on.child);
    parent.table.use(on.parent);
  }

  private table(text: string | undefined, path: Path): TableUse | undefined {
    if (text === undefined) return undefined;
    const found = findTable(this.catalogue, text);
    if ('code' in found) {
      this.report.atValue(path, found.code, found.message);
      return undefined;
    }
    let use = this.tables.find((table) => table.source === found.table);
    if (!use) {
      use = new TableUse(found.table, this.tables.length);
      this.tables.push(use);
      if (!use.key && this.jobFile.mode === 'continuous') keylessFinding(use, this.report);
    }
    return use;
  }

  private draft(
    of: Pick<NodePlan, 'path' | 'kind' | 'name' | 'nulls'>,
    table: TableUse,
    parent: NodeDraft | null,
  ): NodeDraft {
    const node: NodePlan = {
      id: this.nodes.length,
      path: of.path,
      collection: parent?.node.collection ?? this.collections.length,
      table: table.index,
      kind: of.kind,
      parent: parent?.node.id ?? null,
      edge: null,
      name: of.name,
      flatten: false,
      prefix: '',
      nulls: of.nulls,
      fields: [],
      computed: [],
      children: [],
      where: null,
      expressions: [],
      sort: [],
      limit: null,
      value: null,
    };
    const draft = { node, table, parent, on: null };
    this.nodes.push(draft);
    parent?.node.children.push(node.id);
    return draft;
  }

  private rules(
    table: TableUse,
    mapping: CollectionMapping | EmbedMapping,
    nodePath: Path,
    prefix: string,
  ): FieldRules {
    return new FieldRules(table, mapping.fields, {
      nodePath,
      style: this.jobFile.defaults.fieldNames,
      prefix,
      report: this.report,
    });
  }

  private where(draft: NodeDraft, where: string | undefined, path: Path): void {
    if (where === undefined) return;
    checkExpressionAt(where, [...path, 'where'], draft.table, this.report);
    draft.node.where = addExpression(draft.node, where);
  }

  private documentFields(
    draft: NodeDraft,
    rules: FieldRules,
    scope: DocumentScope,
    idColumns: ReadonlySet<number>,
    idComputed: boolean,
  ): void {
    draft.node.fields = rules.fields(idColumns, scope, draft);
    draft.node.computed = rules.computed(draft.node, scope);
    rules.checkEntries(new Set([...idColumns, ...draft.node.fields.map((field) => field.column)]), idComputed);
  }

  private plainValue(draft: NodeDraft, rules: FieldRules, value: string, path: Path): void {
    const column = draft.table.indexOf(value);
    if (rules.hasComputed(value)) {
      draft.node.value = { kind: 'computed', field: rules.computedField(draft.node, value, value) };
      rules.checkEntries(new Set(), false);
    } else if (draft.table.find(value, [...path, 'value'], 'value', this.report) !== undefined) {
      draft.node.value = { kind: 'column', field: rules.field(column, value) };
      rules.checkEntries(new Set([column]), false);
    }
  }

  private arrayOrder(draft: NodeDraft, embed: EmbedMapping, path: Path): void {
    draft.node.limit = embed.limit ?? null;
    (embed.sort ?? []).forEach((entry, i) => {
      const place = [...path, 'sort', i];
      const descending = entry.startsWith('-') && draft.table.indexOf(entry) < 0;
      const column = draft.table.find(descending ? entry.slice(1) : entry, place, 'value', this.report);
      if (column === undefined) return;
      const { name, type } = draft.table.column(column);
      if (!hasOrder(type))
        this.report.atValue(
          place,
          'SORT_IMPOSSIBLE',
          `${qualifiedName(draft.table.source)}.${name} is ${type.name}, whose values have no order: sort by another column`,
        );
      draft.table.use([column]);
      draft.node.sort.push({ column, descending });
    });
  }
}

function isComputedId({ id }: CollectionMapping): boolean {
  return typeof id === 'object' && !Array.isArray(id) && id.computed !== undefined;
}

function hasOrder(type: ValueType): boolean {
  return type.kind === 'array' ? hasOrder(type.element) : type.kind !== 'json';
}
