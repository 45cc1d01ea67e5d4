import { fieldOf, isDocument, type Stored, setField } from './stored.js';

const { isArray } = Array;

/** Whether what a dotted path leads to passes, or one element where it is an array; undefined where there is nothing. */
export function someAt(
  value: unknown,
  path: readonly string[],
  passes: (found: unknown) => boolean,
  from = 0,
): boolean {
  const name = path[from];
  if (name === undefined) return passes(value) || (isArray(value) && value.some(passes));
  if (!isArray(value)) return someAt(isDocument(value) ? fieldOf(value, name) : undefined, path, passes, from + 1);
  if (/^\d+$/.test(name) && someAt(value[Number(name)], path, passes, from + 1)) return true;
  return value.some((element) => isDocument(element) && someAt(element, path, passes, from));
}

/** What a dotted path leads to, through no array. */
export function valueAt(doc: Stored, path: readonly string[]): unknown {
  let value: unknown = doc;
  for (const name of path) value = isDocument(value) ? fieldOf(value, name) : undefined;
  return value;
}

/** Of a document that is not kept yet. Makes the documents on the way. */
export function setAt(doc: Stored, path: readonly string[], to: unknown): void {
  const parent = parentOf(doc, path, true);
  if (parent !== undefined) setField(parent, path.at(-1) as string, to);
}

export function removeAt(doc: Stored, path: readonly string[]): void {
  const parent = parentOf(doc, path, false);
  const name = path.at(-1) as string;
  if (parent instanceof Map) parent.delete(name);
  else if (parent !== undefined) delete parent[name];
}

function parentOf(doc: Stored, path: readonly string[], makes: boolean): Stored | undefined {
  let parent = doc;
  for (const name of path.slice(0, -1)) {
    let child = fieldOf(parent, name);
    if (child === undefined && makes) {
      child = {};
      setField(parent, name, child);
    }
    if (!isDocument(child)) {
      if (makes) throw new Error(`nothing can be set at ${path.join('.')}`);
      return undefined;
    }
    parent = child;
  }
  return parent;
}
