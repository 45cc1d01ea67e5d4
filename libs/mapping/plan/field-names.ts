import type { FIELD_NAMES } from '../job-file/schema.js';

export type FieldNames = (typeof FIELD_NAMES)[number];

/** A column's name as a field's, in the style that `fieldNames` asks for. Leading and trailing `_` stay. */
export function fieldName(column: string, style: FieldNames): string {
  if (style === 'asIs') return column;
  const [, before = '', middle = '', after = ''] = /^(_*)(.*?)(_*)$/s.exec(column) ?? [];
  const words = wordsOf(middle);
  if (words.length === 0) return column;
  return before + join(words, style) + after;
}

/** `placed_at`, `PlacedAt`, `placedAt`, `placed at` → placed, at; `HTTPServer2` → http, server2. */
function wordsOf(name: string): string[] {
  const spaced = name.replace(/(\p{Ll}|\p{N})(\p{Lu})/gu, '$1 $2').replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1 $2');
  return spaced
    .split(/[^\p{L}\p{N}\p{M}]+/u)
    .filter((word) => word !== '')
    .map((word) => word.toLowerCase());
}

function join(words: string[], style: FieldNames): string {
  if (style === 'snake_case') return words.join('_');
  const capitals = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
  return style === 'PascalCase' ? capitals : (words[0] as string) + capitals.slice((words[0] as string).length);
}
