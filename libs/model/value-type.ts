/** What a source column holds, named by meaning rather than by one database's words. `name` is the source's own. */
export type ValueType =
  | { kind: 'int16' | 'int32' | 'int64' | 'oid'; name: string }
  | { kind: 'float32' | 'float64'; name: string }
  | { kind: 'numeric'; precision?: number; scale?: number; name: string }
  | { kind: 'bool'; name: string }
  /** `char`: blank-padded; `enum`: sorts by name; `text`: any other exact text (varchar, xml, inet, ranges …). */
  | { kind: 'text' | 'char' | 'enum' | 'interval' | 'time'; name: string }
  | { kind: 'bytes'; name: string }
  | { kind: 'uuid'; name: string }
  | { kind: 'date' | 'timestamp' | 'timestamptz'; name: string }
  | { kind: 'json'; name: string }
  | { kind: 'array'; element: ValueType; name: string };

/** What `types` in a job file may name. */
export const BSON_TYPES = [
  'string',
  'int',
  'long',
  'double',
  'decimal',
  'bool',
  'date',
  'binary',
  'uuid',
  'objectId',
  'json',
] as const;
export type BsonType = (typeof BSON_TYPES)[number];
