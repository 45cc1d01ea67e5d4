/**
 * A message of the topic: whole, or a part of one that is larger than a message may be. Brokers bound a message (1 MB unless
 * told otherwise, and a service may not let it be raised), rows are as large as the source allows.
 */
export interface MessagePart {
  value: Uint8Array;
  headers: Record<string, string>;
}

const HEADER = 'part';

/** A whole goes as it is where it fits; `id` names the parts of one, and is used once. */
export function partsOf(value: Uint8Array, maxBytes: number, id: string): MessagePart[] {
  if (value.length <= maxBytes) return [{ value, headers: {} }];
  const count = Math.ceil(value.length / maxBytes);
  return Array.from({ length: count }, (_, i) => ({
    value: value.subarray(i * maxBytes, (i + 1) * maxBytes),
    headers: { [HEADER]: `${id} ${i} ${count}` },
  }));
}

export function partHeaderOf(headers: Readonly<Record<string, unknown>> | undefined): string | undefined {
  const header = headers?.[HEADER];
  return header === undefined ? undefined : String(header);
}
