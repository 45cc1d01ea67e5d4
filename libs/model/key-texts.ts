/**
 * The source text of a canonical key's columns, equal to the original by the source's `=` (not always the same text: a
 * numeric has lost trailing zeros, a char its padding). For look-ups by key, and for the `_id` of rows that are gone.
 */
export function keyTexts(key: string): string[] {
  return partsOf(key).map(textOf);
}

function partsOf(key: string): string[] {
  if (!key.includes('\0')) return [key];
  const parts: string[] = [];
  let start = 0;
  for (let at = key.indexOf('\0'); at >= 0; at = key.indexOf('\0', at + 1)) {
    if (key[at + 1] === '\x01') continue;
    parts.push(key.slice(start, at));
    start = at + 1;
  }
  parts.push(key.slice(start));
  return parts;
}

function textOf(part: string): string {
  const body = part.slice(1);
  switch (part[0]) {
    case 'N':
      return numberText(body);
    case 'B':
      return body === '1' ? 't' : 'f';
    case 'T':
    case 'E':
      return body.replaceAll('\0\x01', '\0');
    default:
      return body;
  }
}

function numberText(body: string): string {
  if (body[0] === '~' || body[0] === '!') return body.slice(1);
  if (body[0] !== '-') return body.slice(1);
  let text = '-';
  for (const c of body.slice(2, -1)) text += c === '.' ? '.' : String.fromCharCode(105 - c.charCodeAt(0));
  return text;
}
