import { escapeIdentifier, escapeLiteral } from 'pg';

/** A name, or a qualified one, as a statement has it. */
export function name(...parts: string[]): string {
  return parts.map(escapeIdentifier).join('.');
}

export function literal(text: string): string {
  return escapeLiteral(text);
}

/** How a setting is changed; `restart` where a reload is not enough. */
export function setting(name: string, value: string, restart = false): string {
  const then = restart ? 'then restart the server' : 'SELECT pg_reload_conf();';
  return `ALTER SYSTEM SET ${name} = ${escapeLiteral(value)}; ${then} (a managed service has its own page of parameters for it)`;
}

/** 1536 → 1.5 GiB, for messages. */
export function size(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  let value = bytes;
  for (; value >= 1_024 && unit < units.length - 1; unit++) value /= 1_024;
  return `${Number(value.toFixed(1))} ${units[unit]}`;
}

export function duration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1_000);
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7_200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3_600)} h`;
}
