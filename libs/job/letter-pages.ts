import type { CollectionRef, StoreReader } from '#store';
import type { Letter } from '#write';
import type { LetterFilter, PageOptions } from './commands.js';

/** So many letters are looked at for one page at most: a search for what is rare answers in parts. */
const MOST_SEEN = 10_000;
const LOOK = 1_000;

export interface Page<T> {
  found: T[];
  /** Where the next page goes on; null: there is none. */
  next: string | null;
}

/** Those that pass, in the order of their ids, above `after`. With few that pass a page may be short, even empty, before the last one. */
export async function letterPage(
  read: Pick<StoreReader, 'range' | 'byField'>,
  letters: CollectionRef,
  filter: LetterFilter,
  { after, limit }: PageOptions,
): Promise<Page<Letter>> {
  const found: Letter[] = [];
  let last = after;
  for (let seen = 0; seen < MOST_SEEN; ) {
    const size = filter.text === undefined ? Math.min(LOOK, limit - found.length) : LOOK;
    const some = await look(read, letters, filter, { after: last, limit: size });
    for (const letter of some) {
      last = letter._id;
      seen++;
      if (passes(letter, filter) && found.push(letter) === limit) return { found, next: last };
    }
    if (some.length < size) return { found, next: null };
  }
  return { found, next: last ?? null };
}

/** The server leaves out what it can tell by one field. */
function look(
  read: Pick<StoreReader, 'range' | 'byField'>,
  letters: CollectionRef,
  { collection, code }: LetterFilter,
  { after, limit }: PageOptions,
): Promise<Letter[]> {
  const from = after === undefined ? {} : { after };
  const field = code !== undefined ? 'code' : collection !== undefined ? 'collection' : undefined;
  if (field === undefined) return read.range<Letter>(letters, from, { limit });
  return read.byField<Letter>(letters, field, [code ?? collection], { ...from, limit });
}

function passes(letter: Letter, { collection, code, text }: LetterFilter): boolean {
  if (collection !== undefined && letter.collection !== collection) return false;
  if (code !== undefined && letter.code !== code) return false;
  if (text === undefined) return true;
  const words = [
    letter._id,
    letter.message,
    letter.path ?? '',
    ...Object.values(letter.key).map((value) => value ?? ''),
  ];
  return words.some((word) => word.toLowerCase().includes(text.toLowerCase()));
}
