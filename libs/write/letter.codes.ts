import { errorCodes } from '#errors';

/** Why MongoDB, or another row, keeps a document from being written. */
export const LETTER_CODES = errorCodes({
  ID_TAKEN: {
    cause: 'Another row, with a lower key, has the same `_id`.',
    remedy: 'Correct one of the rows, or choose another `id` for the collection; it is written when the `_id` is free.',
  },
  TARGET_UNIQUE_INDEX: {
    cause: 'A unique index of the target collection has another document with the same value.',
    remedy: 'Correct the row, or drop the index.',
  },
  TARGET_VALIDATION: {
    cause: 'The validator of the target collection refuses the document.',
    remedy: 'Correct the row or the mapping, or change the validator.',
  },
  TARGET_REFUSED: {
    cause: 'MongoDB refuses the document; its own words stand beside it.',
    remedy: 'Correct the row or the mapping as the message says, then replay.',
  },
  DOCUMENT_TOO_LARGE: {
    cause: 'The document is larger than the 16 MiB that MongoDB allows, or than one transaction can write.',
    remedy: 'Bound its arrays by `limit`, omit fields, or map what it embeds as a collection of its own.',
  },
  ROW_TOO_LARGE: {
    cause: 'A row of the source is too large to be kept in MongoDB.',
    remedy: 'Leave its large columns out of the mapping.',
  },
});
