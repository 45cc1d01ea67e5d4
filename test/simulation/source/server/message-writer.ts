/** Bytes of one message of the replication protocol, put together. */
export class MessageWriter {
  private readonly parts: Buffer[] = [];

  constructor(type: string) {
    this.parts.push(Buffer.from(type, 'latin1'));
  }

  letter(letter: string): this {
    this.parts.push(Buffer.from(letter, 'latin1'));
    return this;
  }

  byte(value: number): this {
    this.parts.push(Buffer.from([value]));
    return this;
  }

  int16(value: number): this {
    const part = Buffer.alloc(2);
    part.writeInt16BE(value);
    this.parts.push(part);
    return this;
  }

  int32(value: number): this {
    const part = Buffer.alloc(4);
    part.writeInt32BE(value | 0);
    this.parts.push(part);
    return this;
  }

  int64(value: bigint): this {
    const part = Buffer.alloc(8);
    part.writeBigInt64BE(value);
    this.parts.push(part);
    return this;
  }

  /** Ends with a zero byte. */
  name(text: string): this {
    this.parts.push(Buffer.from(`${text}\0`, 'utf8'));
    return this;
  }

  /** With its length before it. */
  text(text: string): this {
    const part = Buffer.from(text, 'utf8');
    this.int32(part.length);
    this.parts.push(part);
    return this;
  }

  done(): Buffer {
    return Buffer.concat(this.parts);
  }
}
