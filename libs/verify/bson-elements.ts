import { BSON, EJSON } from 'bson';
import { recordOf } from '#extended-json';

/** One field of a document as its bytes stand there: nothing is decoded, so no type, order or zero's sign gets lost. */
export interface BsonElement {
  type: number;
  name: string;
  value: Uint8Array;
}

const DOCUMENT = 0x03;
const ARRAY = 0x04;
/** Larger values are described in reports, not printed. */
const MAX_PRINTED_BYTES = 4_096;

export function isNested(element: BsonElement): boolean {
  return element.type === DOCUMENT || element.type === ARRAY;
}

export function elementsOf(document: Uint8Array): BsonElement[] {
  const bytes = Buffer.from(document.buffer, document.byteOffset, document.byteLength);
  const elements: BsonElement[] = [];
  let at = 4;
  while (at < bytes.length - 1) {
    const element = elementAt(bytes, at);
    elements.push(element);
    at = element.value.byteOffset - bytes.byteOffset + element.value.length;
  }
  return elements;
}

/** MongoDB keeps a document's `_id` in front. */
export function firstElement(document: Uint8Array): BsonElement | undefined {
  if (document.length <= 5) return undefined;
  return elementAt(Buffer.from(document.buffer, document.byteOffset, document.byteLength), 4);
}

function elementAt(bytes: Buffer, at: number): BsonElement {
  const type = bytes[at] as number;
  const nameEnd = bytes.indexOf(0, at + 1);
  const start = nameEnd + 1;
  const end = start + sizeOf(type, bytes, start);
  return { type, name: bytes.toString('utf8', at + 1, nameEnd), value: bytes.subarray(start, end) };
}

function sizeOf(type: number, bytes: Buffer, start: number): number {
  switch (type) {
    case 0x06:
    case 0x0a:
    case 0x7f:
    case 0xff:
      return 0;
    case 0x08:
      return 1;
    case 0x10:
      return 4;
    case 0x01:
    case 0x09:
    case 0x11:
    case 0x12:
      return 8;
    case 0x07:
      return 12;
    case 0x13:
      return 16;
    case 0x02:
    case 0x0d:
    case 0x0e:
      return 4 + bytes.readInt32LE(start);
    case 0x03:
    case 0x04:
    case 0x0f:
      return bytes.readInt32LE(start);
    case 0x05:
      return 5 + bytes.readInt32LE(start);
    case 0x0c:
      return 4 + bytes.readInt32LE(start) + 12;
    case 0x0b:
      return bytes.indexOf(0, bytes.indexOf(0, start) + 1) + 1 - start;
    default:
      throw new RangeError(`no BSON type ${type}`);
  }
}

/** The value as BSON's own classes, its type certain. */
export function exactValue(element: BsonElement): unknown {
  const size = 4 + 1 + 2 + element.value.length + 1;
  const bytes = Buffer.alloc(size);
  bytes.writeInt32LE(size, 0);
  bytes[4] = element.type;
  bytes[5] = 0x76;
  bytes.set(element.value, 7);
  return BSON.deserialize(bytes, { promoteValues: false, promoteLongs: false, bsonRegExp: true })['v'];
}

/** Decoded without a loss: each value in BSON's own class, and in a `Map` where an object would move the fields. */
export function exactDocument(document: Uint8Array): object {
  return recordOf(elementsOf(document).map((element) => [element.name, exactly(element)]));
}

function exactly(element: BsonElement): unknown {
  if (element.type === DOCUMENT) return exactDocument(element.value);
  return element.type === ARRAY ? elementsOf(element.value).map(exactly) : exactValue(element);
}

/** Canonical Extended JSON, for reports. */
export function printed(element: BsonElement | undefined): unknown {
  if (element === undefined) return undefined;
  if (element.value.length > MAX_PRINTED_BYTES) return `(${element.value.length} bytes of BSON)`;
  return printedValue(exactValue(element));
}

export function printedValue(value: unknown): unknown {
  return (EJSON.serialize({ value }, { relaxed: false }) as { value: unknown }).value;
}
