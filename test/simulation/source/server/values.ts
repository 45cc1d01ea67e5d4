import type { ValueType } from '#model';

/** What a simulated column may hold. */
export type SimType = 'int' | 'text' | 'numeric' | `numeric(${number},${number})`;

/** As a workload writes it. */
export type SimValue = string | number | bigint | null;

/** The text that the server's output functions make of it. */
export function textOf(type: SimType, value: SimValue): string | null {
  if (value === null) return null;
  const text = String(value);
  const { scale } = numericOf(type);
  return scale === undefined ? text : rounded(text, scale);
}

export function valueTypeOf(type: SimType): ValueType {
  if (type === 'int') return { kind: 'int32', name: 'integer' };
  if (type === 'text') return { kind: 'text', name: 'text' };
  return { kind: 'numeric', ...numericOf(type), name: type };
}

/** Of pg_type. */
export function typeIdOf(type: SimType): number {
  return type === 'int' ? 23 : type === 'text' ? 25 : 1700;
}

/** Of pg_attribute: precision and scale, where the type has them. */
export function modifierOf(type: SimType): number {
  const { precision, scale } = numericOf(type);
  return precision === undefined || scale === undefined ? -1 : ((precision << 16) | scale) + 4;
}

/** In the order of the type; texts by their code units, as collation C has them. */
export function compareValues(type: SimType, a: string, b: string): number {
  if (type === 'text') return a < b ? -1 : a > b ? 1 : 0;
  if (type === 'int') return Number(a) - Number(b);
  const scale = Math.max(fractionOf(a).length, fractionOf(b).length);
  const [x, y] = [unscaled(a, scale), unscaled(b, scale)];
  return x < y ? -1 : x > y ? 1 : 0;
}

function numericOf(type: SimType): { precision?: number; scale?: number } {
  const [, precision, scale] = /^numeric\((\d+),(\d+)\)$/.exec(type) ?? [];
  return precision === undefined ? {} : { precision: Number(precision), scale: Number(scale) };
}

function rounded(text: string, scale: number): string {
  const exact = unscaled(text, Math.max(scale, fractionOf(text).length));
  const unit = 10n ** BigInt(Math.max(0, fractionOf(text).length - scale));
  const magnitude = exact < 0n ? -exact : exact;
  const digits = ((magnitude + unit / 2n) / unit).toString().padStart(scale + 1, '0');
  const cut = digits.length - scale;
  const sign = exact < 0n && /[1-9]/.test(digits) ? '-' : '';
  return sign + digits.slice(0, cut) + (scale > 0 ? `.${digits.slice(cut)}` : '');
}

function fractionOf(text: string): string {
  return text.split('.')[1] ?? '';
}

function unscaled(text: string, scale: number): bigint {
  const [whole = '0', fraction = ''] = text.split('.');
  return BigInt(whole + fraction.padEnd(scale, '0'));
}
