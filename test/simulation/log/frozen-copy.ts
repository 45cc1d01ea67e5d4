/**
 * Plain data as it comes out of the real log: what is undefined is gone (null in an array), the rest is equal, and nobody's
 * but the reader's. It is frozen, so one copy serves all readers. Values of BSON are never changed, and go as they are.
 */
export function frozenCopy<T>(value: T): T {
  if (typeof value !== 'object' || value === null || '_bsontype' in value) return value;
  if (Array.isArray(value))
    return Object.freeze(value.map((each) => (each === undefined ? null : frozenCopy(each)))) as T;
  if (value instanceof Date) return new Date(value) as T;
  if (ArrayBuffer.isView(value)) return (value as unknown as Uint8Array).slice() as T;
  const copy: Record<string, unknown> = {};
  for (const name in value) if (value[name] !== undefined) copy[name] = frozenCopy(value[name]);
  return Object.freeze(copy) as T;
}
