/** A producer whose whole has not gone out within this time begins it again, under another id. */
export const WHOLE_WITHIN_MS = 5 * 60_000;

/** A whole whose latest part is so old is abandoned; above `WHOLE_WITHIN_MS` by more than a request may take. */
export const ABANDONED_MS = 15 * 60_000;
