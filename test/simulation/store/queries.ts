import type { Doc, ReadOptions } from '#store';
import { BSON } from 'bson';
import type { Collection, Entry } from './collection.js';
import { compareValues, keyOf, rankOf } from './order.js';
import { someAt, valueAt } from './paths.js';
import { fieldOf, fieldsOf, Intake, type Stored, taken } from './stored.js';

/** The documents of one collection as a reader sees them: at a point in time, or from within a transaction. */
export interface View {
  readonly collection: Collection | undefined;
  doc(entry: Entry): Stored | undefined;
}

export function byIds(view: View, ids: readonly unknown[], options: ReadOptions): unknown[] {
  const found: unknown[] = [];
  const seen = new Set<Entry>();
  for (const id of ids) {
    if (found.length === options.limit) break;
    const entry = view.collection?.find(kept(id));
    const doc = entry && view.doc(entry);
    if (entry === undefined || doc === undefined || seen.has(entry)) continue;
    seen.add(entry);
    found.push(answered(doc, options));
  }
  return found;
}

export function byField(
  view: View,
  field: string,
  values: readonly unknown[],
  { after, ...options }: ReadOptions & { after?: unknown },
): unknown[] {
  const path = field.split('.');
  const keys = new Set(values.map((value) => keyOf(kept(value))));
  const isAsked = (value: unknown) => keys.has(keyOf(value));
  const isFound = (doc: Stored) => someAt(doc, path, isAsked);
  return found(
    view,
    options.limit === undefined ? unordered(view, { after }) : ordered(view, { after }),
    isFound,
    options,
  );
}

export function inRange(view: View, range: { after?: unknown; upTo?: unknown }, options: ReadOptions): unknown[] {
  return found(view, ordered(view, range), () => true, options);
}

export function upTo(view: View, field: string, value: unknown, options: ReadOptions & { limit: number }): unknown[] {
  const path = field.split('.');
  const bound = kept(value);
  const docs: { doc: Stored; at: unknown }[] = [];
  for (const entry of view.collection?.all() ?? []) {
    const doc = view.doc(entry);
    const at = doc && valueAt(doc, path);
    if (doc && rankOf(at) === rankOf(bound) && compareValues(at, bound) <= 0) docs.push({ doc, at });
  }
  docs.sort((a, b) => compareValues(a.at, b.at));
  return docs.slice(0, options.limit).map(({ doc }) => answered(doc, options));
}

export function nthId(view: View, after: unknown, n: number): unknown {
  let count = 0;
  for (const entry of ordered(view, { after })) {
    const doc = view.doc(entry);
    if (doc !== undefined && ++count === n) return taken(fieldOf(doc, '_id'), false);
  }
  return undefined;
}

export function count(view: View): number {
  let count = 0;
  for (const entry of view.collection?.all() ?? []) if (view.doc(entry) !== undefined) count++;
  return count;
}

/** As the driver gives it: fields left out, types as asked for. */
export function answered(doc: Stored, { fields, exact = false, raw = false }: ReadOptions = {}): unknown {
  const some = fields === undefined ? doc : withFields(doc, fields);
  return raw ? BSON.serialize(some) : (taken(some, exact) as Doc);
}

function found(
  view: View,
  entries: Iterable<Entry>,
  passes: (doc: Stored) => boolean,
  options: ReadOptions,
): unknown[] {
  const found: unknown[] = [];
  for (const entry of entries) {
    if (found.length === options.limit) break;
    const doc = view.doc(entry);
    if (doc !== undefined && passes(doc)) found.push(answered(doc, options));
  }
  return found;
}

function* unordered({ collection }: View, { after }: { after?: unknown }): Iterable<Entry> {
  const bound = kept(after);
  for (const entry of collection?.all() ?? [])
    if (after === undefined || compareValues(entry.id, bound) > 0) yield entry;
}

function* ordered({ collection }: View, { after, upTo }: { after?: unknown; upTo?: unknown }): Iterable<Entry> {
  const entries = collection?.sorted() ?? [];
  const last = kept(upTo);
  for (let i = after === undefined ? 0 : placeAbove(entries, kept(after)); i < entries.length; i++) {
    const entry = entries[i] as Entry;
    if (upTo !== undefined && compareValues(entry.id, last) > 0) return;
    yield entry;
  }
}

function placeAbove(entries: readonly Entry[], id: unknown): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareValues((entries[middle] as Entry).id, id) > 0) high = middle;
    else low = middle + 1;
  }
  return low;
}

function withFields(doc: Stored, fields: readonly string[]): Stored {
  const some = new Map<string, unknown>();
  for (const [name, value] of fieldsOf(doc)) if (name === '_id' || fields.includes(name)) some.set(name, value);
  return some;
}

/** What is asked for, in the form that documents are kept in. */
const kept = (value: unknown): unknown => (typeof value === 'string' ? value : new Intake().value(value));
