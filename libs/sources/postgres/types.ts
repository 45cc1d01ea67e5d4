import type { ValueType } from '#model';

/** A row of pg_type, of the types that columns use and of those that these are made of. */
export interface PgType {
  oid: number;
  name: string;
  /** As `format_type` writes it without a modifier, schema-qualified where it is not built in. */
  formatted: string;
  /** pg_type.typtype: b base, c composite, d domain, e enum, r range, m multirange, p pseudo. */
  kind: string;
  /** pg_type.typcategory; `A` is an array. */
  category: string;
  element: number;
  delimiter: string;
  /** Of a domain: what it is based on, with the modifier and as `format_type` writes both. */
  base: number;
  baseModifier: number;
  baseFormatted: string | null;
}

export type PgTypes = ReadonlyMap<number, PgType>;

/** Oids that never change (pg_type.dat). Everything built in that is not here is text. */
const KINDS: Record<number, Exclude<ValueType['kind'], 'array' | 'numeric'>> = {
  16: 'bool',
  17: 'bytes',
  20: 'int64',
  21: 'int16',
  23: 'int32',
  26: 'oid',
  114: 'json',
  3802: 'json',
  700: 'float32',
  701: 'float64',
  1042: 'char',
  1082: 'date',
  1083: 'time',
  1114: 'timestamp',
  1184: 'timestamptz',
  1186: 'interval',
  2950: 'uuid',
};
const NUMERIC = 1700;
const FIRST_OF_USERS = 16_384;
/** int2vector and oidvector: arrays by their category, but not by their text. */
const VECTORS = new Set([22, 30]);

/** Built-in types whose `=` means something else than equal text, or that have none. */
const OWN_EQUALITY: Record<number, string> = {
  114: 'json has no equality',
  3802: 'equal jsonb values can have different texts',
  142: 'xml has no equality',
  1186: 'equal intervals can have different texts (24 hours and 1 day)',
  1266: 'a time with time zone sorts and compares by more than its text',
  600: 'points compare within a tolerance',
  601: 'lines compare within a tolerance',
  602: 'paths compare by the number of their points',
  603: 'boxes compare by area',
  604: 'polygons have no exact equality',
  628: 'lines compare within a tolerance',
  718: 'circles compare by area',
  3614: 'a text search vector compares by more than its text',
  3615: 'a text search query compares by more than its text',
  22: 'int2vector has no usable equality',
  30: 'oidvector has no usable equality',
  4072: 'jsonpath has no equality',
  1790: 'refcursor has no equality',
  1033: 'aclitem compares by roles, not by text',
  2970: 'txid_snapshot has no equality',
  5038: 'pg_snapshot has no equality',
  194: 'pg_node_tree has no equality',
};
/** regproc, regprocedure, regoper, regoperator, regclass, regtype, regconfig, regdictionary, regnamespace, regrole, regcollation */
const NAMES_OF_OBJECTS = new Set([24, 2202, 2203, 2204, 2205, 2206, 3734, 3769, 4089, 4096, 4191]);
/** Types of extensions whose values are equal exactly where their texts are. */
const EXACT_OF_EXTENSIONS = new Set(['ltree']);

/** `formatted` is what `format_type` makes of type and modifier: the source's own name. A domain is its base type. */
export function valueType(types: PgTypes, oid: number, modifier: number, formatted: string): ValueType {
  const type = types.get(oid);
  if (!type) return { kind: 'text', name: formatted };
  if (type.kind === 'd') return valueType(types, type.base, type.baseModifier, type.baseFormatted ?? type.formatted);
  if (type.kind === 'e') return { kind: 'enum', name: type.formatted };
  if (isArray(types, type)) {
    return {
      kind: 'array',
      element: valueType(types, type.element, modifier, types.get(type.element)?.formatted ?? ''),
      name: formatted,
    };
  }
  if (oid === NUMERIC) return numericType(modifier, formatted);
  return { kind: KINDS[oid] ?? 'text', name: formatted };
}

/** Why the source's equality of this type cannot be rebuilt outside of it; undefined where it can. */
export function notComparable(types: PgTypes, oid: number, deterministicCollation: boolean): string | undefined {
  const type = types.get(oid);
  if (!type) return 'its type is unknown';
  if (type.kind === 'd') return notComparable(types, type.base, deterministicCollation);
  if (!deterministicCollation) return 'its collation is non-deterministic: texts that differ can be equal';
  if (type.kind === 'e') return undefined;
  if (type.kind === 'r' || type.kind === 'm') return 'ranges compare by their bounds, not by their text';
  if (type.kind === 'c') return 'composite values compare column by column';
  if (type.category === 'A') return 'arrays compare element by element';
  if (NAMES_OF_OBJECTS.has(oid)) return `${type.formatted} shows names of objects, which can change`;
  if (oid < FIRST_OF_USERS) return OWN_EQUALITY[oid];
  if (type.name === 'citext') return 'citext compares without regard to case';
  return EXACT_OF_EXTENSIONS.has(type.name) ? undefined : `${type.formatted} has an equality of its own`;
}

/** Arrays whose elements are not parted by commas (box) stay text. */
function isArray(types: PgTypes, type: PgType): boolean {
  if (type.category !== 'A' || type.element === 0 || VECTORS.has(type.oid)) return false;
  return (types.get(type.element)?.delimiter ?? ',') === ',';
}

/** The modifier holds precision and scale; the scale is signed (11 bits, PostgreSQL 15 and later). */
function numericType(modifier: number, name: string): ValueType {
  if (modifier < 4) return { kind: 'numeric', name };
  const packed = modifier - 4;
  return { kind: 'numeric', precision: (packed >> 16) & 0xffff, scale: ((packed & 0x7ff) ^ 1024) - 1024, name };
}
