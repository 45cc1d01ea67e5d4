import { isShown, LABEL, type Model, type ModelCollection, type ModelNode, shownName, tableNamed } from './model.js';

/** The names of the fields of a collection's documents, whatever its rows are. */
export interface Shape {
  always: ReadonlySet<string>;
  /** Absent where they are null. */
  sometimes: ReadonlySet<string>;
}

interface Named {
  name: string;
  mayBeAbsent: boolean;
}

export function shapeOf(model: Model, { id, root }: ModelCollection): Shape {
  const named = [...fieldsOf(model, root, root.nulls === 'omit')];
  const own = root.fields === undefined && id !== 'computed' && id !== 'objectId' ? idColumns(model, root, id) : [];
  const rest = named.filter(({ name }) => !own.includes(name));
  return {
    always: new Set(['_id', ...rest.filter(({ mayBeAbsent }) => !mayBeAbsent).map(({ name }) => name)]),
    sometimes: new Set(rest.filter(({ mayBeAbsent }) => mayBeAbsent).map(({ name }) => name)),
  };
}

/** They are not repeated. */
function idColumns(
  model: Model,
  root: ModelNode,
  id: Exclude<ModelCollection['id'], 'computed' | 'objectId'>,
): string[] {
  const columns = id === undefined ? tableNamed(model, root.table).key : 'column' in id ? [id.column] : id.columns;
  return columns.map((column) => shownName(root, column));
}

function* fieldsOf(model: Model, node: ModelNode, omits: boolean): Generator<Named> {
  const { columns } = tableNamed(model, node.table);
  for (const { name } of columns) if (isShown(node, name)) yield { name: shownName(node, name), mayBeAbsent: omits };
  if (node.label !== undefined) yield { name: LABEL, mayBeAbsent: omits };
  for (const { field, kind, node: child, flatPrefix } of node.embed) {
    const childOmits = child.nulls === undefined ? omits : child.nulls === 'omit';
    if (flatPrefix === undefined) yield { name: field, mayBeAbsent: kind === 'one' && childOmits };
    else
      for (const { name, mayBeAbsent } of fieldsOf(model, child, childOmits))
        yield { name: `${flatPrefix}${name}`, mayBeAbsent: mayBeAbsent || childOmits };
  }
}
