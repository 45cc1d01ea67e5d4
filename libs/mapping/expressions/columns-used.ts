const NAMED = /(?<![\w$.])columns\s*(?:\?\.|\.)\s*([\p{ID_Start}_$][\p{ID_Continue}$\u200c\u200d]*)/gu;
const ANY = /columns/g;
/** With these an expression can reach `columns` under another name. */
const INDIRECT = /\\|\beval\b/;

/**
 * The columns that an expression can read, or null where that cannot be told from its text: then it gets all of them.
 * What it reads only by name costs only those to hand over.
 */
export function columnsUsed(source: string): Set<string> | null {
  if (INDIRECT.test(source)) return null;
  const named = [...source.matchAll(NAMED)].map((match) => match[1] as string);
  return [...source.matchAll(ANY)].length === named.length ? new Set(named) : null;
}
