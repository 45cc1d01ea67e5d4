import { ConversionFailed } from './conversion-failed.js';

const INVALID = ConversionFailed.of('INVALID_VALUE');

export type ArrayText<T> = (T | ArrayText<T>)[];

/**
 * PostgreSQL's text of an array: `{a,"b c",NULL}`, nested for more dimensions, with lower bounds (`[2:3]={…}`, which have
 * no place in BSON) before it. Each element goes through `convert`; the first failure is the array's.
 */
export function parseArray<T>(
  text: string,
  delimiter: string,
  convert: (element: string | null) => T | ConversionFailed,
): ArrayText<T> | ConversionFailed {
  const start = text.charCodeAt(0) === 91 ? text.indexOf('=') + 1 : 0;
  return new ArrayParser(text, start, delimiter.charCodeAt(0), convert).parse();
}

class ArrayParser<T> {
  constructor(
    private readonly text: string,
    private at: number,
    private readonly delimiter: number,
    private readonly convert: (element: string | null) => T | ConversionFailed,
  ) {}

  parse(): ArrayText<T> | ConversionFailed {
    if (this.text.charCodeAt(this.at) !== 123) return INVALID;
    const items = this.level(0);
    if (items instanceof ConversionFailed) return items;
    return this.at === this.text.length ? items : INVALID;
  }

  /** From an opening brace to behind its closing one. PostgreSQL has at most six dimensions. */
  private level(depth: number): ArrayText<T> | ConversionFailed {
    const items: ArrayText<T> = [];
    this.at++;
    if (depth > 6) return INVALID;
    if (this.text.charCodeAt(this.at) === 125) {
      this.at++;
      return items;
    }
    for (;;) {
      const item = this.text.charCodeAt(this.at) === 123 ? this.level(depth + 1) : this.element();
      if (item instanceof ConversionFailed) return item;
      items.push(item as T | ArrayText<T>);
      const code = this.text.charCodeAt(this.at++);
      if (code === 125) return items;
      if (code !== this.delimiter) return INVALID;
    }
  }

  private element(): T | ConversionFailed {
    if (this.text.charCodeAt(this.at) === 34) return this.convert(this.quoted());
    const start = this.at;
    for (; this.at < this.text.length; this.at++) {
      const code = this.text.charCodeAt(this.at);
      if (code === this.delimiter || code === 125) break;
    }
    const raw = this.text.slice(start, this.at);
    return this.convert(raw === 'NULL' ? null : raw);
  }

  private quoted(): string {
    let start = ++this.at;
    let value = '';
    for (; this.at < this.text.length; this.at++) {
      const code = this.text.charCodeAt(this.at);
      if (code === 34) break;
      if (code !== 92) continue;
      value += this.text.slice(start, this.at);
      start = ++this.at;
    }
    value += this.text.slice(start, this.at++);
    return value;
  }
}

/** Boxes are the one type whose array elements are parted by a semicolon. */
export function arrayDelimiter(elementName: string): string {
  return elementName === 'box' ? ';' : ',';
}
