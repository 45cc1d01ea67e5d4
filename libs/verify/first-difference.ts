import { type BsonElement, elementsOf, isNested, printed } from './bson-elements.js';

export interface Difference {
  /** Dotted; array elements by their index. */
  path: string;
  /** Extended JSON; absent where that side has no such field. */
  expected?: unknown;
  found?: unknown;
}

/**
 * The first field, in the expected document's order, where two documents' bytes differ: by presence, place, BSON type or
 * value. Undefined where they are equal in every byte; so 1.0 and 1.00, 0 and -0, int32 and int64 differ.
 */
export function firstDifference(expected: Uint8Array, found: Uint8Array): Difference | undefined {
  return sameBytes(expected, found) ? undefined : differenceIn('', expected, found);
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0;
}

function differenceIn(prefix: string, expectedBytes: Uint8Array, foundBytes: Uint8Array): Difference | undefined {
  const expected = elementsOf(expectedBytes);
  const found = elementsOf(foundBytes);
  for (let i = 0; i < Math.max(expected.length, found.length); i++) {
    const mine = expected[i];
    const theirs = found[i];
    const difference =
      mine?.name === theirs?.name
        ? differenceOf(prefix, mine as BsonElement, theirs as BsonElement)
        : differenceOfNames(prefix, expected, found, i);
    if (difference !== undefined) return difference;
  }
  return undefined;
}

function differenceOf(prefix: string, mine: BsonElement, theirs: BsonElement): Difference | undefined {
  if (mine.type === theirs.type) {
    if (sameBytes(mine.value, theirs.value)) return undefined;
    if (isNested(mine)) return differenceIn(`${prefix}${mine.name}.`, mine.value, theirs.value);
  }
  return { path: prefix + mine.name, expected: printed(mine), found: printed(theirs) };
}

/** At one place the documents have different fields: one lacks it, or the order is another. */
function differenceOfNames(prefix: string, expected: BsonElement[], found: BsonElement[], place: number): Difference {
  const mine = expected[place];
  const theirs = found[place];
  if (mine !== undefined && !found.some((element) => element.name === mine.name)) {
    return { path: prefix + mine.name, expected: printed(mine) };
  }
  if (theirs !== undefined && !expected.some((element) => element.name === theirs.name)) {
    return { path: prefix + theirs.name, found: printed(theirs) };
  }
  const name = (mine ?? theirs)?.name ?? '';
  return { path: prefix + name, expected: `field ${placeOf(expected, name)}`, found: `field ${placeOf(found, name)}` };
}

function placeOf(elements: readonly BsonElement[], name: string): string {
  return `${elements.findIndex((element) => element.name === name) + 1} of ${elements.length}`;
}

/** All leaves by their paths, type and bytes as one string: for documents that never stand still. */
export function leavesOf(document: Uint8Array): Map<string, string> {
  const leaves = new Map<string, string>();
  collect('', document, leaves);
  return leaves;
}

function collect(prefix: string, document: Uint8Array, leaves: Map<string, string>): void {
  for (const element of elementsOf(document)) {
    const path = prefix + element.name;
    if (isNested(element) && element.value.length > 5) collect(`${path}.`, element.value, leaves);
    else leaves.set(path, `${element.type}:${Buffer.from(element.value).toString('latin1')}`);
  }
}
