import type { Patch } from '#store';
import { Double, Long } from 'bson';
import { compareStrings, keyOf, rankOf } from './order.js';
import { removeAt, setAt, someAt, valueAt } from './paths.js';
import { fieldOf, Intake, isDocument, isInt32, type Stored } from './stored.js';

export function patchApplies(doc: Stored, { where }: Patch): boolean {
  return Object.entries(where ?? {}).every(([field, value]) => {
    const key = keyOf(new Intake().value(value));
    return someAt(doc, field.split('.'), (found) => keyOf(found) === key);
  });
}

type Change = (doc: Stored, path: readonly string[]) => void;

/** The document as the patch leaves it. New fields come in the order of their names, whatever the operators. */
export function patched(doc: Stored, patch: Patch): Stored {
  const after = new Intake().document(doc);
  const changes = changesOf(patch).sort(([a], [b]) => compareStrings(a, b));
  for (const [field, change] of changes) change(after, field.split('.'));
  return after;
}

function changesOf({ set, unset, inc, push, pull }: Patch): [string, Change][] {
  return [
    ...each(set, setting),
    ...(unset ?? []).map((field): [string, Change] => [field, removeAt]),
    ...each(inc, adding),
    ...each(push, pushing),
    ...each(pull, ({ key, values }) => pulling(key, values)),
  ];
}

function each<T>(fields: Record<string, T> | undefined, change: (value: T) => Change): [string, Change][] {
  return Object.entries(fields ?? {}).map(([field, value]) => [field, change(value)]);
}

const setting =
  (value: unknown): Change =>
  (doc, path) =>
    setAt(doc, path, new Intake().value(value));

const adding =
  (by: number): Change =>
  (doc, path) =>
    setAt(doc, path, sum(valueAt(doc, path), by));

const pushing =
  (values: readonly unknown[]): Change =>
  (doc, path) => {
    const before = (valueAt(doc, path) ?? []) as unknown[];
    setAt(doc, path, [...before, ...values.map((value) => new Intake().value(value))]);
  };

const pulling =
  (key: string, values: readonly unknown[]): Change =>
  (doc, path) => {
    const before = valueAt(doc, path);
    if (!Array.isArray(before)) return;
    const gone = new Set(values.map((value) => keyOf(new Intake().value(value))));
    const isGone = (element: unknown) => isDocument(element) && gone.has(keyOf(fieldOf(element, key)));
    setAt(
      doc,
      path,
      before.filter((element) => !isGone(element)),
    );
  };

/** Of integers an integer, of 64 bits where it needs them. */
function sum(value: unknown, by: number): unknown {
  if (value === undefined) return by;
  if (rankOf(value) !== 2) throw new Error('only a number can be incremented');
  if (value instanceof Long) return value.add(Long.fromNumber(by));
  if (value instanceof Double) return doubleOf(value.value + by);
  const total = (value as number) + by;
  if (isInt32(total)) return total;
  return isInt32(value as number) && isInt32(by) ? Long.fromNumber(total) : total;
}

const doubleOf = (value: number): unknown => (isInt32(value) ? new Double(value) : value);
