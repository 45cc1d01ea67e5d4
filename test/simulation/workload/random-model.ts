import type { Random } from '../kernel/index.js';
import {
  BORN,
  CODE,
  LARGE,
  type Model,
  type ModelCollection,
  type ModelEmbed,
  type ModelNode,
  type ModelTable,
  NUMBER,
  tableNamed,
  VERSION,
} from './model.js';

const DEEPEST = 4;
const MOST_EMBEDS = 3;

/** Tables that refer to one another, and collections that nest them: most of the grammar that the protocol can tell apart. */
export function randomModel(random: Random): Model {
  const tables: ModelTable[] = [];
  const count = random.between(2, 5);
  for (let i = 0; i < count; i++) tables.push(randomTable(random, i, tables));
  const collections = Array.from({ length: random.between(1, 3) }, (_, i) => randomCollection(random, tables, i));
  return { tables, collections };
}

function randomTable(random: Random, index: number, before: readonly ModelTable[]): ModelTable {
  const name = `t${index}`;
  const key = random.chance(0.2) ? ['id', 'no'] : ['id'];
  const table: ModelTable = {
    name,
    key,
    columns: key.map((column) => ({ name: column, type: 'int' })),
    references: [],
  };
  // Mostly to a table before it; now and then to itself.
  const targets = before.filter(() => random.chance(0.7));
  if (targets.length === 0 && before.length > 0) targets.push(random.one(before));
  if (random.chance(0.2)) targets.push(table);
  for (const target of targets) {
    const columns = target.key.map((column) => `${target.name}_${column}`);
    table.references.push({ columns, table: target.name });
    for (const column of columns) table.columns.push({ name: column, type: 'int' });
  }
  table.columns.push({ name: NUMBER, type: 'int' });
  table.columns.push({ name: CODE, type: 'text' });
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
  const isValidated = !hasCode && !root.isRenamed && !root.isText && random.chance(0.2);
  const id = random.chance(0.7) ? CODE : [NUMBER, CODE];
  return { name: `c${index}`, root, ...(hasCode && { id }), ...(isValidated && { isValidated }) };
}

function randomNode(random: Random, model: Pick<Model, 'tables'>, table: ModelTable, depth: number): ModelNode {
  const node: ModelNode = { table: table.name, embed: [] };
  if (random.chance(0.3)) node.fields = someFields(random, table);
  if (random.chance(0.15)) node.isLabelled = true;
  const hasNumber = node.fields === undefined || node.fields.includes(NUMBER);
  if (hasNumber && random.chance(0.1)) node.isRenamed = true;
  if (hasNumber && random.chance(0.1)) node.isText = true;
  if (random.chance(0.1)) node.nulls = random.one(['omit', 'omit', 'keep'] as const);
  if (depth >= DEEPEST) return node;
  for (const embed of possibleEmbeds(model, table)) {
    if (node.embed.length >= MOST_EMBEDS || !random.chance(depth === 1 ? 0.8 : 0.5)) continue;
    const target = tableNamed(model, embed.node.table);
    const nested = randomNode(random, model, target, depth + 1);
    node.embed.push(randomEmbed(random, embed, target, nested));
  }
  return node;
}

/** With what tells a version from another one, and a key. */
function someFields(random: Random, table: ModelTable): string[] {
  const always = [...table.key, BORN, VERSION];
  return table.columns.map(({ name }) => name).filter((name) => always.includes(name) || random.chance(0.5));
}

function possibleEmbeds(model: Pick<Model, 'tables'>, table: ModelTable): ModelEmbed[] {
  const ones = table.references.map(({ columns, table: target }): ModelEmbed => {
    const on = tableNamed(model, target).key.map((column, i): [string, string] => [column, columns[i] as string]);
    return { field: `one_${target}`, kind: 'one', node: { table: target, on, embed: [] } };
  });
  const manies = model.tables.flatMap((child) =>
    child.references
      .filter((reference) => reference.table === table.name)
      .map(({ columns }): ModelEmbed => {
        const on = columns.map((column, i): [string, string] => [column, table.key[i] as string]);
        return { field: `many_${child.name}`, kind: 'many', node: { table: child.name, on, embed: [] } };
      }),
  );
  return [...ones, ...manies];
}

function randomEmbed(random: Random, embed: ModelEmbed, target: ModelTable, nested: ModelNode): ModelEmbed {
  const node: ModelNode = { ...nested, ...(embed.node.on && { on: embed.node.on }) };
  if (embed.kind === 'one') return { ...embed, node, ...(random.chance(0.2) && { flatPrefix: `${embed.field}_` }) };
  const made: ModelEmbed = { ...embed, node };
  if (random.chance(0.3)) node.where = random.one(['even', 'even', 'throws'] as const);
  if (random.chance(0.4)) {
    const column = random.one(target.columns.filter(({ isLarge }) => !isLarge)).name;
    made.sort = { column, isDescending: random.chance(0.5) };
  }
  if (random.chance(0.3)) made.limit = random.between(1, 2);
  if (random.chance(0.15) && node.embed.length === 0) {
    made.value = VERSION;
    delete node.fields;
    delete node.isLabelled;
    delete node.isRenamed;
    delete node.isText;
  }
  return made;
}
