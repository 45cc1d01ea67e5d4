/** A producer of which a whole has not gone out within this time, the last part included, begins it again, under another id. */
export const WHOLE_WITHIN_MS = 5 * 60_000;

/** A whole whose latest part is so old is abandoned: longer than a producer takes a whole for sent. */
export const ABANDONED_MS = 15 * 60_000;
