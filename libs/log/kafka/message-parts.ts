/**
 * A message of the topic: whole, or a part of one that is larger than a message may be. Brokers bound a message (1 MB unless
 * told otherwise, and a service may not let it be raised), rows are as large as the source allows.
 */
export interface MessagePart {
  value: Uint8Array;
  headers: Record<string, string>;
}

/** Names the parts of one whole, in one run of one producer. */
const HEADER = 'part';

/** A whole goes as it is where it fits. */
export function partsOf(value: Uint8Array, maxBytes: number, id: string): MessagePart[] {
  if (value.length <= maxBytes) return [{ value, headers: {} }];
  const count = Math.ceil(value.length / maxBytes);
  return Array.from({ length: count }, (_, i) => ({
    value: value.subarray(i * maxBytes, (i + 1) * maxBytes),
    headers: { [HEADER]: `${id} ${i} ${count}` },
  }));
}

/**
 * Puts parts together again, in the order of the partition.
 *
 * A request that is sent again repeats its part, mostly at once; one that was given up may arrive later still. Such repeats
 * are passed over, also where nothing is known of their whole, as after a start behind it: a beginning cannot be missing,
 * since offsets without a gap are demanded of the log. A producer that died between two parts leaves a beginning without an
 * end, which was never acknowledged and is dropped when the next one begins.
 */
export class PartAssembler {
  private id: string | undefined;
  private parts: Uint8Array[] = [];

  /** The whole that this message completes; throws where a part is missing. */
  take(value: Uint8Array, header: string | undefined): Uint8Array | undefined {
    if (header === undefined) return value;
    const [id = '', index, count] = header.split(' ');
    const at = Number(index);
    if (at === 0 && id !== this.id) this.begin(id);
    if (id !== this.id || at < this.parts.length) return undefined;
    if (at > this.parts.length) throw new Error(`part ${at} of ${count} comes after ${this.parts.length} parts`);
    this.parts.push(value);
    if (this.parts.length < Number(count)) return undefined;
    const whole = Buffer.concat(this.parts);
    this.begin(undefined);
    return whole;
  }

  static headerOf(headers: Readonly<Record<string, unknown>> | undefined): string | undefined {
    const header = headers?.[HEADER];
    return header === undefined ? undefined : String(header);
  }

  private begin(id: string | undefined): void {
    this.id = id;
    this.parts = [];
  }
}
