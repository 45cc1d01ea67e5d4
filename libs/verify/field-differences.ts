import { type BsonElement, elementsOf, isNested } from './bson-elements.js';
import { sameBytes } from './first-difference.js';

/** `changed` names the document or array itself where only the order of its fields differs. */
export interface FieldDifference {
  /** Dotted; array elements by their index; empty for the whole document. */
  path: string;
  kind: 'added' | 'removed' | 'changed';
}

const MOST = 1_000;
const EMPTY = Uint8Array.of(5, 0, 0, 0, 0);

/** Every field, up to a bound, that differs in presence, type, value or place between what is there and what would be. */
export function fieldDifferences(now: Uint8Array | undefined, then: Uint8Array | undefined): FieldDifference[] {
  const differences: FieldDifference[] = [];
  collect('', now ?? EMPTY, then ?? EMPTY, differences);
  return differences.slice(0, MOST);
}

function collect(path: string, nowBytes: Uint8Array, thenBytes: Uint8Array, differences: FieldDifference[]): void {
  if (sameBytes(nowBytes, thenBytes) || differences.length >= MOST) return;
  const before = differences.length;
  const now = byName(nowBytes);
  const then = byName(thenBytes);
  const prefix = path === '' ? '' : `${path}.`;
  for (const [name, field] of then) {
    const former = now.get(name);
    if (former === undefined) differences.push({ path: prefix + name, kind: 'added' });
    else if (former.type === field.type && isNested(field))
      collect(prefix + name, former.value, field.value, differences);
    else if (former.type !== field.type || !sameBytes(former.value, field.value))
      differences.push({ path: prefix + name, kind: 'changed' });
  }
  for (const name of now.keys()) if (!then.has(name)) differences.push({ path: prefix + name, kind: 'removed' });
  if (differences.length === before) differences.push({ path, kind: 'changed' });
}

function byName(document: Uint8Array): Map<string, BsonElement> {
  return new Map(elementsOf(document).map((element) => [element.name, element]));
}
