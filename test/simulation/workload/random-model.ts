import type { Random } from '../kernel/index.js';
import {
  BORN,
  CODE,
  isShown,
  EDGE,
  LABEL,
  LARGE,
  type Model,
  type ModelCollection,
  type ModelColumn,
  type ModelEmbed,
  type ModelFieldNames,
  type ModelFieldType,
  type ModelId,
  type ModelNode,
  type ModelTable,
  type ModelType,
  NUMBER,
  tableNamed,
  VERSION,
} from './model.js';

const DEEPEST = 4;
const MOST_EMBEDS = 3;
const KEY_TYPES: readonly ModelType[] = ['int', 'int', 'int', 'int', 'text', 'text', 'numeric'];
/** Columns by which any two tables may be joined, whatever refers to what. */
const MEETING = [CODE, NUMBER];
/** No part of a key, and nothing that tells a version from another one. */
const PLAIN = [CODE, NUMBER, EDGE];

/** Tables that refer to one another, and collections that nest them: most of the grammar that the protocol can tell apart. */
export function randomModel(random: Random): Model {
  const tables: ModelTable[] = [];
  const count = random.between(2, 5);
  for (let i = 0; i < count; i++) tables.push(randomTable(random, i, tables));
  const collections = Array.from({ length: random.between(1, 3) }, (_, i) => randomCollection(random, tables, i));
  if (random.chance(0.3)) {
    const fieldNames = random.one(['camelCase', 'camelCase', 'PascalCase', 'snake_case'] as const);
    for (const { root } of collections) named(root, fieldNames);
  }
  return { tables, collections };
}

function randomTable(random: Random, index: number, before: readonly ModelTable[]): ModelTable {
  const name = `t${index}`;
  const key = random.chance(0.2) ? ['id', 'no'] : ['id'];
  const table: ModelTable = {
    name,
    key,
    columns: key.map((column) => ({ name: column, type: column === 'id' ? random.one(KEY_TYPES) : 'int' })),
    ...(random.chance(0.15) && { isKeyedByIndex: true }),
    references: [],
    ...(random.chance(0.3) && { isBound: true }),
  };
  // Mostly to a table before it; now and then to itself.
  const targets = before.filter(() => random.chance(0.7));
  if (targets.length === 0 && before.length > 0) targets.push(random.one(before));
  if (random.chance(0.2)) targets.push(table);
  for (const target of targets) {
    const columns = target.key.map((column) => `${target.name}_${column}`);
    table.references.push({ columns, table: target.name });
    for (const [i, column] of columns.entries())
      table.columns.push({ ...(target.columns[i] as ModelColumn), name: column });
  }
  table.columns.push({ name: NUMBER, type: 'int' });
  table.columns.push({ name: CODE, type: 'text' });
  if (random.chance(0.25)) table.columns.push({ name: EDGE, type: 'numeric' });
  if (random.chance(0.4)) table.columns.push({ name: LARGE, type: 'text', isLarge: true });
  table.columns.push({ name: BORN, type: 'int' }, { name: VERSION, type: 'int' });
  return table;
}

function randomCollection(random: Random, tables: ModelTable[], index: number): ModelCollection {
  const table = random.one(tables);
  const hasCode = random.chance(0.3);
  const root = randomNode(random, { tables }, table, 1);
  if (hasCode) root.where = 'hasCode';
  else if (random.chance(0.3)) root.where = random.one(['even', 'throws'] as const);
  const isPlain = root.renames?.[NUMBER] === undefined && root.types?.[NUMBER] === undefined;
  const isValidated = !hasCode && isPlain && random.chance(0.2);
  const id = randomId(random, hasCode);
  return { name: `c${index}`, root, ...(id && { id }), ...(isValidated && { isValidated }) };
}

function randomId(random: Random, hasCode: boolean): ModelId | undefined {
  if (hasCode) return random.chance(0.7) ? { column: CODE } : { columns: [NUMBER, CODE] };
  if (!random.chance(0.25)) return undefined;
  // Of some rows it is null.
  return random.one(['computed', 'objectId', 'objectId', { column: CODE }] as const);
}

function named(node: ModelNode, fieldNames: ModelFieldNames): void {
  node.fieldNames = fieldNames;
  for (const embed of node.embed) named(embed.node, fieldNames);
}

function randomNode(random: Random, model: Pick<Model, 'tables'>, table: ModelTable, depth: number): ModelNode {
  const node: ModelNode = { table: table.name, embed: [] };
  if (random.chance(0.3)) node.fields = someFields(random, table);
  else if (random.chance(0.15)) node.omitted = withoutSome(random, table);
  if (random.chance(0.2)) node.label = random.one(['plain', 'plain', 'plain', 'throws'] as const);
  const plain = table.columns.filter(({ name }) => PLAIN.includes(name) && isShown(node, name));
  if (random.chance(0.15)) node.renames = randomRenames(random, plain);
  if (random.chance(0.15)) node.types = randomTypes(random, plain);
  if (random.chance(0.1)) node.nulls = random.one(['omit', 'omit', 'keep'] as const);
  if (depth >= DEEPEST) return node;
  for (const embed of [...possibleEmbeds(model, table), ...meetings(random, model)]) {
    if (node.embed.length >= MOST_EMBEDS || !random.chance(depth === 1 ? 0.8 : 0.5)) continue;
    const target = tableNamed(model, embed.node.table);
    const nested = randomNode(random, model, target, depth + 1);
    node.embed.push(randomEmbed(random, embed, target, nested));
  }
  return node;
}

function randomRenames(random: Random, columns: readonly ModelColumn[]): Record<string, string> {
  const chosen = columns.filter(() => random.chance(0.5));
  return Object.fromEntries(chosen.map(({ name }) => [name, `my ${name}`]));
}

/** Of what fits into any. */
function randomTypes(random: Random, columns: readonly ModelColumn[]): Record<string, ModelFieldType> {
  const chosen = columns.filter(({ type }) => type !== 'text' && random.chance(0.7));
  const typeOf = ({ type }: ModelColumn) =>
    type === 'int' ? random.one(['string', 'long', 'double', 'decimal'] as const) : 'string';
  return Object.fromEntries(chosen.map((column) => [column.name, typeOf(column)]));
}

/** With what tells a version from another one, and a key. */
function someFields(random: Random, table: ModelTable): string[] {
  const always = [...table.key, BORN, VERSION];
  return table.columns.map(({ name }) => name).filter((name) => always.includes(name) || random.chance(0.5));
}

/** What may be left out. */
function withoutSome(random: Random, table: ModelTable): string[] {
  const kept = someFields(random, table);
  return table.columns.map(({ name }) => name).filter((name) => !kept.includes(name));
}

function possibleEmbeds(model: Pick<Model, 'tables'>, table: ModelTable): ModelEmbed[] {
  const ones = table.references.map(({ columns, table: target }): ModelEmbed => {
    const on = tableNamed(model, target).key.map((column, i): [string, string] => [column, columns[i] as string]);
    return { field: `one_${target}`, kind: 'one', node: joined(target, on, table) };
  });
  const manies = model.tables.flatMap((child) =>
    child.references
      .filter((reference) => reference.table === table.name)
      .map(({ columns }): ModelEmbed => {
        const on = columns.map((column, i): [string, string] => [column, table.key[i] as string]);
        return { field: `many_${child.name}`, kind: 'many', node: joined(child.name, on, child) };
      }),
  );
  return [...ones, ...manies];
}

/** `holder`: of the reference. */
const joined = (table: string, on: [string, string][], { isBound }: ModelTable): ModelNode => ({
  table,
  on,
  ...(isBound && { isInferred: true }),
  embed: [],
});

/** Rows that have something in common: of any kind of join the one where many have many. */
function meetings(random: Random, { tables }: Pick<Model, 'tables'>): ModelEmbed[] {
  if (!random.chance(0.15)) return [];
  const [table, column] = [random.one(tables).name, random.one(MEETING)];
  const kind = random.one(['one', 'many', 'many'] as const);
  return [{ field: `${kind}_by_${column}_${table}`, kind, node: { table, on: [[column, column]], embed: [] } }];
}

function randomSort(random: Random, { columns }: ModelTable): NonNullable<ModelEmbed['sort']> {
  const names = columns.filter(({ isLarge }) => !isLarge).map(({ name }) => name);
  const chosen = new Set(Array.from({ length: random.between(1, 2) }, () => random.one(names)));
  return [...chosen].map((column) => ({ column, isDescending: random.chance(0.5) }));
}

function valuesOf({ columns }: ModelTable): string[] {
  return [VERSION, VERSION, CODE, ...columns.filter(({ name }) => name === EDGE).map(({ name }) => name)];
}

function randomEmbed(random: Random, embed: ModelEmbed, target: ModelTable, nested: ModelNode): ModelEmbed {
  const { on, isInferred } = embed.node;
  const node: ModelNode = { ...nested, ...(on && { on }), ...(isInferred && random.chance(0.5) && { isInferred }) };
  if (random.chance(embed.kind === 'one' ? 0.15 : 0.3)) node.where = random.one(['even', 'even', 'throws'] as const);
  if (embed.kind === 'one')
    return { ...embed, node, ...(random.chance(0.2) && flattened(random, embed, target, node)) };
  const made: ModelEmbed = { ...embed, node };
  if (random.chance(0.4)) {
    made.sort = randomSort(random, target);
  }
  if (random.chance(0.3)) made.limit = random.between(1, 2);
  if (random.chance(0.15) && node.embed.length === 0) {
    made.value = random.one(node.label ? [LABEL] : valuesOf(target));
    delete node.fields;
    delete node.omitted;
    delete node.renames;
    delete node.types;
  }
  return made;
}

/** Without a prefix each of its fields has a name of its own, and no further ones come with columns that are added. */
function flattened(
  random: Random,
  { field }: ModelEmbed,
  { columns }: ModelTable,
  node: ModelNode,
): Pick<ModelEmbed, 'flatPrefix'> {
  if (node.embed.length > 0 || node.label !== undefined || random.chance(0.7)) return { flatPrefix: `${field}_` };
  node.fields = columns.map(({ name }) => name).filter((name) => isShown(node, name));
  delete node.omitted;
  node.renames = Object.fromEntries(node.fields.map((name) => [name, `${field} ${name}`]));
  return { flatPrefix: '' };
}
