import type { Path } from './problem.js';

export interface Place {
  line: number;
  column: number;
}

interface Entry {
  key: Place | undefined;
  value: Place;
  /** The scalar as the file has it, before interpolation: what messages may show. */
  written: string | undefined;
}

/** Where everything in a job file stands. */
export class Positions {
  readonly #entries = new Map<string, Entry>();

  constructor(readonly file: string) {}

  add(path: Path, entry: Entry): void {
    this.#entries.set(JSON.stringify(path), entry);
  }

  /** Of the key (or list item) at `path`; where the file does not have it, of what would contain it. */
  ofKey(path: Path): Place {
    return this.nearest(path, (entry) => entry.key ?? entry.value);
  }

  /** Of the value at `path`, or of what would contain it. */
  ofValue(path: Path): Place {
    const entry = this.#entries.get(JSON.stringify(path));
    return entry ? entry.value : this.ofKey(path);
  }

  has(path: Path): boolean {
    return this.#entries.has(JSON.stringify(path));
  }

  /** A scalar as it is written in the file: `${NAME}` stays `${NAME}`, so it can be shown. */
  written(path: Path): string | undefined {
    return this.#entries.get(JSON.stringify(path))?.written;
  }

  /** The entries of the map at `path` as the file has them; objects move names that look like numbers to the front. */
  entries<T>(map: Readonly<Record<string, T>>, path: Path): [string, T][] {
    const entries = Object.entries(map);
    if (!entries.some(([key]) => /^\d+$/.test(key))) return entries;
    const at = (key: string): Place => this.ofKey([...path, key]);
    return entries.sort(([a], [b]) => at(a).line - at(b).line || at(a).column - at(b).column);
  }

  private nearest(path: Path, place: (entry: Entry) => Place): Place {
    for (let length = path.length; length >= 0; length--) {
      const entry = this.#entries.get(JSON.stringify(path.slice(0, length)));
      if (entry) return place(entry);
    }
    return { line: 1, column: 1 };
  }
}
