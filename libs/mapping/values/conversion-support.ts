import type { BsonType, ValueType } from '#model';

/**
 * What becomes of a column's values under an override (or none): `exact` all of them, the same value; `lossy` by nature
 * the nearest one (a finding of `check`); `fallible` the same value or a dead letter; `impossible` is refused with the
 * job file.
 */
export type ConversionSupport = 'exact' | 'lossy' | 'fallible' | 'impossible';
type Row = Partial<Record<BsonType, ConversionSupport>>;

const NUMBERS_FALLIBLE: Row = { int: 'fallible', long: 'fallible', decimal: 'fallible', bool: 'fallible' };
const SMALL_INTEGER: Row = { int: 'exact', long: 'exact', double: 'exact', decimal: 'exact', bool: 'fallible' };
const FLOAT: Row = { ...NUMBERS_FALLIBLE, decimal: 'exact', double: 'exact' };
const TEXT: Row = {
  ...NUMBERS_FALLIBLE,
  double: 'fallible',
  date: 'fallible',
  binary: 'exact',
  uuid: 'fallible',
  objectId: 'fallible',
  json: 'fallible',
};

const SUPPORT: Record<Exclude<ValueType['kind'], 'array' | 'numeric'>, Row> = {
  int16: SMALL_INTEGER,
  int32: SMALL_INTEGER,
  int64: { ...SMALL_INTEGER, int: 'fallible', double: 'lossy' },
  oid: { ...SMALL_INTEGER, int: 'fallible' },
  float32: FLOAT,
  float64: FLOAT,
  bool: { int: 'exact', long: 'exact', double: 'exact', decimal: 'exact', bool: 'exact' },
  text: TEXT,
  char: TEXT,
  enum: TEXT,
  interval: {},
  time: {},
  bytes: { binary: 'exact', uuid: 'fallible', objectId: 'fallible' },
  uuid: { uuid: 'exact', binary: 'exact' },
  date: { date: 'fallible' },
  timestamp: { date: 'lossy' },
  timestamptz: { date: 'lossy' },
  json: { json: 'fallible' },
};

const DEFAULTS: Partial<Record<ValueType['kind'], BsonType>> = {
  numeric: 'decimal',
  date: 'date',
  timestamp: 'date',
  timestamptz: 'date',
  json: 'json',
};

/** Without an override: of the type that PRODUCT.md's table gives. Arrays: `string` is the whole text, others of each element. */
export function conversionSupport(type: ValueType, override: BsonType | undefined): ConversionSupport {
  if (override === 'string') return 'exact';
  if (type.kind === 'array') return conversionSupport(type.element, override);
  const target = override ?? DEFAULTS[type.kind];
  if (target === undefined) return 'exact';
  if (type.kind === 'numeric') return numericSupport(type, target);
  return SUPPORT[type.kind][target] ?? 'impossible';
}

function numericSupport(type: { precision?: number; scale?: number }, target: BsonType): ConversionSupport {
  const { precision, scale = 0 } = type;
  switch (target) {
    case 'double':
      return 'lossy';
    case 'decimal':
      return precision !== undefined && precision <= 34 && scale <= 6176 ? 'exact' : 'fallible';
    case 'int':
    case 'long':
    case 'bool':
      return 'fallible';
    default:
      return 'impossible';
  }
}
