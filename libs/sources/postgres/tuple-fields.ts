import type { Tuple } from '#model';

const NULL_FIELD = -1;
const UNCHANGED_FIELD = -2;
const TAB = 9;
const BACKSLASH = 92;
const MAX_COLUMNS = 1664;

/** A scanned TupleData message: where each field's text stands in the buffer. Used again and again, one row at a time. */
export class TupleFields {
  count = 0;
  private readonly starts = new Int32Array(MAX_COLUMNS);
  private readonly lengths = new Int32Array(MAX_COLUMNS);

  /** Returns the offset behind the tuple. */
  scan(buffer: Buffer, offset: number): number {
    let at = offset + 2;
    const count = ((buffer[offset] as number) << 8) | (buffer[offset + 1] as number);
    this.count = count;
    for (let i = 0; i < count; i++) {
      const kind = buffer[at++];
      if (kind === 0x74 /* t */) {
        const length = buffer.readInt32BE(at);
        at += 4;
        this.starts[i] = at;
        this.lengths[i] = length;
        at += length;
      } else if (kind === 0x6e /* n */) this.lengths[i] = NULL_FIELD;
      else if (kind === 0x75 /* u */) this.lengths[i] = UNCHANGED_FIELD;
      else throw new RangeError(`unexpected kind of column ${kind} in a tuple of pgoutput`);
    }
    return at;
  }

  /** Start of a field's text; meaningful where `length` is not negative. */
  start(index: number): number {
    return this.starts[index] as number;
  }

  length(index: number): number {
    return index < 0 || index >= this.count ? UNCHANGED_FIELD : (this.lengths[index] as number);
  }

  isUnchanged(index: number): boolean {
    return this.length(index) === UNCHANGED_FIELD;
  }

  /** A field's text; null for NULL and for what the log left out. */
  text(buffer: Buffer, index: number): string | null {
    const length = this.length(index);
    if (length < 0) return null;
    const start = this.start(index);
    return length < 24 ? shortText(buffer, start, length) : buffer.toString('utf8', start, start + length);
  }
}

/** Keys are mostly a few digits: reading them here is cheaper than a call into the runtime. */
function shortText(buffer: Buffer, start: number, length: number): string {
  let text = '';
  for (let i = start; i < start + length; i++) {
    const byte = buffer[i] as number;
    if (byte > 127) return buffer.toString('utf8', start, start + length);
    text += String.fromCharCode(byte);
  }
  return text;
}

/**
 * Packs scanned fields into a `Tuple`: copies and escapes the bytes of all columns into one scratch buffer and decodes
 * that once, since one decoding of a row costs far less than one per field.
 */
export class TuplePacker {
  /** Of the last `pack`: the columns that the log left out, undefined where there is none. */
  missing: number[] | undefined;
  private scratch = Buffer.allocUnsafe(64 * 1024);
  private width = 0;
  private ascii = true;

  /**
   * `columns[i]` is the field of the i-th column packed. What `fields` lack is taken from `old`, a full image of the row
   * before, where there is one.
   */
  pack(buffer: Buffer, fields: TupleFields, columns: Int32Array, old: TupleFields | null): Tuple {
    this.missing = undefined;
    this.width = 0;
    this.ascii = true;
    for (let i = 0; i < columns.length; i++) {
      const index = columns[i] as number;
      const from = old !== null && fields.isUnchanged(index) ? old : fields;
      const length = from.length(index);
      if (this.width + 2 * length + 8 > this.scratch.length) this.grow(2 * length + 8);
      if (i > 0) this.scratch[this.width++] = TAB;
      if (length >= 0) this.copy(buffer, from.start(index), length);
      else {
        this.scratch[this.width++] = BACKSLASH;
        this.scratch[this.width++] = 0x4e /* N */;
        if (length === UNCHANGED_FIELD) (this.missing ??= []).push(i);
      }
    }
    return this.scratch.toString(this.ascii ? 'latin1' : 'utf8', 0, this.width);
  }

  private copy(buffer: Buffer, start: number, length: number): void {
    const scratch = this.scratch;
    const end = start + length;
    let to = this.width;
    let seen = 0;
    for (let i = start; i < end; i++) {
      const byte = buffer[i] as number;
      seen |= byte;
      if (byte === BACKSLASH || (byte < 14 && byte > 7)) {
        scratch[to++] = BACKSLASH;
        scratch[to++] = escapeLetter(byte);
      } else scratch[to++] = byte;
    }
    if (seen > 127) this.ascii = false;
    this.width = to;
  }

  private grow(by: number): void {
    const larger = Buffer.allocUnsafe(Math.max(this.scratch.length * 2, this.width + by));
    this.scratch.copy(larger, 0, 0, this.width);
    this.scratch = larger;
  }
}

/** \b \t \n \v \f \r are 8 to 13. */
function escapeLetter(byte: number): number {
  return byte === BACKSLASH ? BACKSLASH : 'btnvfr'.charCodeAt(byte - 8);
}
