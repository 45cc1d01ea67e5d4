import type { Mutant } from './mutant.js';

const ASSEMBLER = 'libs/mapping/assemble/node-assembler.ts';
const TREES = 'libs/write/tree-reader.ts';
const ROW_BATCH = 'libs/transform/row-batch.ts';

/**
 * The classes of defects that the product before us was known for, from its release notes and its alert of 2025 (RM1 to RM18 there), put
 * into this engine. RM16 (`updateMany` on sharded targets) is kept out by lint; RM2, RM10 and RM11 are of tables without a key, which are
 * refused: what is put in is the same on tables that have one.
 */
export const INCUMBENT: readonly Mutant[] = [
  {
    name: 'rm1-deep-arrays-are-empty',
    takesAway: 'nesting is read level by level, to any depth',
    verify: 'finds',
    file: TREES,
    find: 'if (trees.length > 0) await this.level(tx, child, trees, budget);',
    replace: 'if (trees.length > 0 && node.parent === null) await this.level(tx, child, trees, budget);',
  },
  {
    name: 'rm2-an-update-duplicates-its-element',
    takesAway: 'an element is a row, known by its key',
    verify: 'finds',
    file: TREES,
    find: '(parent.children[index] as RowTree[]).push(tree);',
    replace:
      "(parent.children[index] as RowTree[]).push(tree, ...(row.at === '' || child.kind === 'one' ? [] : [tree]));",
  },
  {
    name: 'rm3-building-again-duplicates-arrays',
    takesAway: 'documents are replaced whole',
    verify: 'finds',
    file: 'libs/write/target-writes.ts',
    find: 'const documents = writes.map((write) => write.document);',
    replace:
      'const documents = writes.map(({ document }) =>\n    Object.fromEntries(Object.entries(document).map(([name, value]) => [name, Array.isArray(value) && !attempt.insertFirst ? [...value, ...value] : value])),\n  );',
  },
  {
    name: 'rm4-circular-references-are-left-out',
    takesAway: 'a table may stand in itself',
    verify: 'finds',
    file: TREES,
    find: 'if (byValue.size === 0) continue;',
    replace: 'if (byValue.size === 0 || child.table === node.table) continue;',
  },
  {
    name: 'rm5-one-change-of-a-batch',
    takesAway: 'the size of batches changes nothing',
    verify: 'finds',
    file: ROW_BATCH,
    find: 'for (const key of keys) images.push(imageOf(table, key, this.present(table, key)));',
    replace: 'for (const key of [...keys].slice(0, 1)) images.push(imageOf(table, key, this.present(table, key)));',
  },
  {
    name: 'rm6-no-children-any-more',
    takesAway: 'a parent without children any more loses its elements',
    verify: 'finds',
    file: 'libs/write/document-batch.ts',
    find: "return { kind: 'write', root, id: assembled.id, document: assembled.document };",
    replace:
      "if (row.at !== '' && tree.children.length > 0 && tree.children.every((each) => each.length === 0)) return { kind: 'none', root };\n        return { kind: 'write', root, id: assembled.id, document: assembled.document };",
  },
  {
    name: 'rm7-deep-changes-insert-elements',
    takesAway: 'no element stands twice, at any depth',
    verify: 'finds',
    file: TREES,
    find: '(parent.children[index] as RowTree[]).push(tree);',
    replace:
      "(parent.children[index] as RowTree[]).push(tree, ...(row.at === '' || child.kind === 'one' || node.parent === null ? [] : [tree]));",
  },
  {
    name: 'rm8-a-changed-id-leaves-its-document',
    takesAway: 'another _id is a delete and a create',
    verify: 'finds',
    file: 'libs/write/claims.ts',
    find: 'if (claim._id === wants) continue;',
    replace: 'if (claim._id === wants || wants !== undefined) continue;',
  },
  {
    name: 'rm9-an-update-to-null-is-lost',
    takesAway: 'null is a value',
    verify: 'finds',
    file: 'libs/stage/merge.ts',
    find: 'if (change.missing === undefined) return this.stage(change.key, change.at, change.tuple);',
    replace:
      'if (change.missing === undefined) {\n      const [now, before] = [unpackTuple(change.tuple), present?.c === undefined ? [] : unpackTuple(present.c)];\n      return this.stage(change.key, change.at, packTuple(now.map((text, column) => text ?? before[column] ?? null)));\n    }',
  },
  {
    name: 'rm10-a-changed-join-column-moves-nothing',
    takesAway: 'a row that changes its parent leaves the former one',
    verify: 'finds',
    file: ROW_BATCH,
    find: 'for (const name of Object.keys(former.k)) if (former.k[name] !== now.k?.[name]) return true;',
    replace: '',
  },
  {
    name: 'rm11-elements-by-what-shows',
    takesAway: 'what a mapping leaves out does not change which elements there are',
    verify: 'shared',
    file: ASSEMBLER,
    find: 'this.fill(embedded, view);\n        items.push(embedded);',
    replace:
      'this.fill(embedded, view);\n        const shown = JSON.stringify(embedded);\n        if (!items.some((item) => JSON.stringify(item) === shown)) items.push(embedded);',
    tests: ['test/regression/rm11'],
  },
  {
    name: 'rm12-changes-out-of-order',
    takesAway: 'changes are appended in commit order',
    verify: 'finds',
    file: 'libs/ingest/capture-actor.ts',
    find: 'const batch = changes;',
    replace: 'const batch = changes.toReversed();',
  },
  {
    name: 'rm13-plain-values-become-documents',
    takesAway: 'an array of plain values stays one',
    verify: 'shared',
    file: ASSEMBLER,
    find: 'if (this.node.value === null) {',
    replace: 'if (this.node.value === null || views.length > 1) {',
  },
  {
    name: 'rm14-a-default-in-place-of-null',
    takesAway: 'a stored null is null',
    verify: 'shared',
    file: ASSEMBLER,
    find: 'this.checked(field.convert(view.values[field.column] ?? null), field.path, view));',
    replace: "this.checked(field.convert(view.values[field.column] ?? '0'), field.path, view));",
  },
  {
    name: 'rm15-a-duplicate-key-is-shrugged-off',
    takesAway: 'what MongoDB refuses is tried otherwise or is a letter',
    verify: 'finds',
    file: 'libs/write/document-actor.ts',
    find: 'this.lookFirst = LOOK_FIRST_BATCHES;\n      return { keys, sure: keys.length };',
    replace: 'this.lookFirst = LOOK_FIRST_BATCHES;\n      return { keys: [], sure: 0 };',
  },
  {
    name: 'rm17-a-join-column-that-does-not-show',
    takesAway: 'columns that a mapping leaves out stay on the stage',
    verify: 'shared',
    file: ASSEMBLER,
    find: 'const child = plan.nodes[id] as NodePlan;\n      return new',
    replace:
      'const child = plan.nodes[id] as NodePlan;\n      if (!child.edge?.parent.columns.every((column) => node.fields.some((field) => field.column === column) || table.key.includes(column))) this.hidden.add(child.id);\n      return new',
    also: [
      {
        file: ASSEMBLER,
        find: 'private readonly omit: boolean;',
        replace: 'private readonly omit: boolean;\n  private readonly hidden = new Set<number>();',
      },
      {
        file: ASSEMBLER,
        find: '(children[i] as NodeAssembler).embed(document, view.tree.children[i] ?? NO_ROWS, view);',
        replace:
          '(children[i] as NodeAssembler).embed(document, this.hidden.has((children[i] as NodeAssembler).node.id) ? NO_ROWS : (view.tree.children[i] ?? NO_ROWS), view);',
      },
    ],
  },
  {
    name: 'rm18-part-of-a-composite-key',
    takesAway: 'rows join by all columns of a key',
    verify: 'shared',
    file: 'libs/mapping/plan/on.ts',
    find: 'return keyOrder(pairs, request);',
    replace: 'return keyOrder({ child: pairs.child.slice(0, 1), parent: pairs.parent.slice(0, 1) }, request);',
  },
];
