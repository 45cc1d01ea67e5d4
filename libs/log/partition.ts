/** The partition of a key: FNV-1a over its UTF-16 units, the same in every process and for ever (fixed per incarnation). */
export function partitionOf(space: number, key: string, partitions: number): number {
  let hash = 0x811c9dc5 ^ space;
  hash = Math.imul(hash, 0x01000193);
  for (let i = 0; i < key.length; i++) {
    hash ^= key.charCodeAt(i);
    hash = Math.imul(hash, 0x01000193);
  }
  hash ^= hash >>> 15;
  return (hash >>> 0) % partitions;
}
