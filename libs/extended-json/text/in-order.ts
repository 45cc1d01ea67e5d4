/** Names that a plain object would move to its front, or take for something else. */
export const MOVED_NAME = /^(?:\d{1,16}|__proto__)$/;

/** Of a plain object, or of a `Map` that stands for one. */
export function entriesOf(value: object): [string, unknown][] {
  return value instanceof Map ? [...(value as Map<string, unknown>)] : Object.entries(value);
}

/** A plain object where that keeps the order of these names, else a `Map`. */
export function recordOf(entries: readonly [string, unknown][]): object {
  return entries.some(([name]) => MOVED_NAME.test(name)) ? new Map(entries) : Object.fromEntries(entries);
}

/** Whether there is a `Map` in it, at any depth of plain objects and arrays. */
export function hasMaps(value: unknown): boolean {
  if (value === null || typeof value !== 'object') return false;
  if (value instanceof Map) return true;
  if (value instanceof Date || value instanceof Uint8Array || '_bsontype' in value) return false;
  return Array.isArray(value) ? value.some(hasMaps) : Object.values(value).some(hasMaps);
}
