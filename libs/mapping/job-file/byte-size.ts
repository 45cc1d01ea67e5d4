const UNITS: Record<string, number> = {
  '': 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
  tib: 1024 ** 4,
};

/** `10GiB`, `500 MB`, `1.5tb`, `4096`; not nothing. */
export const SIZE_PATTERN = /^(?=[\d.]*[1-9])(\d+(?:\.\d+)?)\s*(B|[KMGT]i?B)?$/i;

/** Bytes of a number or of a text that matches `SIZE_PATTERN`. */
export function bytesOf(size: number | string): number {
  if (typeof size === 'number') return size;
  const [, amount, unit] = SIZE_PATTERN.exec(size) ?? [];
  return Math.floor(Number(amount) * (UNITS[(unit ?? '').toLowerCase()] ?? Number.NaN));
}
