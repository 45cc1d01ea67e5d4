import type { Seen } from './changes.js';

const MOST = 6;

/** What became of a document, a line per field that is another now. */
export function differences(before: Seen, after: Seen): string[] {
  if (!before && !after) return ['is not there, as before'];
  if (!before) return [`is there: ${short(after, 90)}`];
  if (!after) return ['is gone'];
  const [old, now] = [leaves(before), leaves(after)];
  const paths = [...new Set([...old.keys(), ...now.keys()])].filter((path) => old.get(path) !== now.get(path));
  const lines = paths.slice(0, MOST).map((path) => {
    const [was, is] = [old.get(path), now.get(path)];
    return was === undefined ? `${path}: ${is}` : is === undefined ? `${path}: gone` : `${path}: ${was} → ${is}`;
  });
  return paths.length > MOST ? [...lines, `… and ${paths.length - MOST} more`] : lines;
}

/** Arrays of documents by what they hold, not by place, so that one that left does not seem to change all others. */
function leaves(document: Record<string, unknown>): Map<string, string> {
  const found = new Map<string, string>();
  for (const [name, value] of Object.entries(document)) {
    if (Array.isArray(value))
      value.forEach((item) => found.set(`${name}[${short(identity(item), 40)}]`, short(item, 100)));
    else if (isDocument(value)) for (const [inner, text] of leaves(value)) found.set(`${name}.${inner}`, text);
    else found.set(name, short(value, 60));
  }
  return found;
}

function identity(item: unknown): unknown {
  return isDocument(item) ? Object.values(item)[0] : item;
}

function isDocument(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Object.keys(value).some((name) => name.startsWith('$'));
}

function short(value: unknown, width: number): string {
  const text = JSON.stringify(value) ?? '';
  return text.length > width ? `${text.slice(0, width - 1)}…` : text;
}
