import { errorCodes } from '#errors';

/** Why rows do not make a document: it is a dead letter, and its last good version stays. */
export const assembleCodes = errorCodes({
  MORE_THAN_ONE: {
    cause: 'An embedded `one` matches more than one row.',
    remedy: 'Join by a key of the embedded table, narrow it by `where`, or embed it as `many`.',
  },
  ID_NULL: {
    cause: 'The value that is to be the `_id` is null.',
    remedy: 'Choose a column that is never null as `id`, or correct the row.',
  },
  ID_IS_ARRAY: {
    cause: 'The value that is to be the `_id` is an array, which MongoDB does not allow.',
    remedy: 'Choose another `id`.',
  },
  EXPRESSION_FAILED: {
    cause: 'An expression of `where` or `computed` threw an error, or ran into its time or memory limit.',
    remedy: 'Make the expression handle this row, or correct the row, and replay.',
  },
});
