import { equalityFamily, type ValueType } from '#model';

/**
 * The source's text of the values that a canonical encoding stands for: the way back of `canonicalizer`, for asking the
 * source. It gives one of the equal texts (`1` for `1.00`, blank-padded text without its blanks), which the source takes
 * as equal by the same law that makes the encodings equal.
 */
export function textsOfCanonical(canonical: string, types: readonly ValueType[]): string[] | undefined {
  const parts = canonical.split(PART_END);
  if (parts.length !== types.length) return undefined;
  const texts: string[] = [];
  for (const [i, part] of parts.entries()) {
    const text = textOf(part, types[i] as ValueType);
    if (text === undefined) return undefined;
    texts.push(text);
  }
  return texts;
}

/** `\0` ends a part, unless `\x01` follows: then it is a `\0` of a text. */
const PART_END = /\0(?!\x01)/;

/** Undefined where no value of this type can equal it, so that the source need not be asked (and cannot refuse it). */
function textOf(part: string, type: ValueType): string | undefined {
  const family = equalityFamily(type);
  if (family === null) return undefined;
  const body = part.slice(1);
  if (family === 'number') return numberOf(body, type);
  if (family === 'bool') return body === '1' ? 't' : 'f';
  if (family === 'text' || type.kind === 'enum') return body.replaceAll('\0\x01', '\0');
  return body;
}

const INTEGER_BOUNDS: Partial<Record<ValueType['kind'], readonly [bigint, bigint]>> = {
  int16: [-(2n ** 15n), 2n ** 15n - 1n],
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  oid: [0n, 2n ** 32n - 1n],
};

function numberOf(body: string, type: ValueType): string | undefined {
  const text = plainNumber(body);
  const bounds = INTEGER_BOUNDS[type.kind];
  if (bounds === undefined) return text;
  if (!/^-?\d+$/.test(text)) return undefined;
  const value = BigInt(text);
  return value >= bounds[0] && value <= bounds[1] ? text : undefined;
}

function plainNumber(body: string): string {
  if (body.startsWith('~')) return body.slice(1);
  if (body.startsWith('!')) return body.slice(1);
  if (!body.startsWith('-')) return body.slice(1);
  let digits = '-';
  for (let i = 2; i < body.length - 1; i++) {
    const code = body.charCodeAt(i);
    digits += code === 46 ? '.' : String.fromCharCode(105 - code);
  }
  return digits;
}
