import { errorCodes } from '#errors';

/** Why a source's value cannot become the BSON type that the mapping names. The document is a dead letter. */
export const conversionCodes = errorCodes({
  NUMERIC_TOO_LARGE: {
    cause: 'A number has more digits, or a larger exponent, than the BSON type of its field holds exactly.',
    remedy: 'Give the field `types: string` (or `decimal` for integers), and run with --fresh.',
  },
  NOT_AN_INTEGER: {
    cause: 'A field with `types: int` or `long` met a value that is not a whole number.',
    remedy: 'Give the field `types: double`, `decimal` or `string`, or correct the row.',
  },
  NOT_A_NUMBER: {
    cause: 'A field with a numeric type in `types` met a value that is not a number.',
    remedy: 'Give the field `types: string`, or correct the row.',
  },
  NOT_A_BOOLEAN: {
    cause: 'A field with `types: bool` met a value other than true, false, 1 and 0.',
    remedy: 'Correct the row, or use a computed field that decides what counts as true.',
  },
  DATE_OUT_OF_RANGE: {
    cause: 'A date is beyond what a BSON date holds (8.64e15 milliseconds before or after 1970).',
    remedy: 'Give the field `types: string`, or correct the row.',
  },
  INFINITE_DATE: {
    cause: 'A date is `infinity` or `-infinity`, for which BSON has no value.',
    remedy: 'Give the field `types: string`, or correct the row.',
  },
  INVALID_DATE: {
    cause: 'A field with `types: date` met a text that is not an ISO 8601 date.',
    remedy: 'Correct the row, or give the field `types: string`.',
  },
  INVALID_JSON: {
    cause: 'A text is not valid JSON, or holds half of a surrogate pair, which UTF-8 cannot express.',
    remedy: 'Correct the row, or give the field `types: string`.',
  },
  JSON_KEY_WITH_NUL: {
    cause: 'A JSON object has a key with the character U+0000, which BSON does not allow.',
    remedy: 'Correct the row, or give the field `types: string`.',
  },
  JSON_TOO_DEEP: {
    cause: 'A JSON value is nested deeper than the 100 levels that MongoDB allows.',
    remedy: 'Give the field `types: string`, or correct the row.',
  },
  INVALID_UUID: {
    cause: 'A field with `types: uuid` met a value that is not a UUID.',
    remedy: 'Correct the row, or give the field `types: string` or `binary`.',
  },
  INVALID_OBJECT_ID: {
    cause: 'A field with `types: objectId` met something else than 24 hexadecimal digits or 12 bytes.',
    remedy: 'Correct the row, or give the field `types: string`.',
  },
  INVALID_VALUE: {
    cause: "A text is not what the source writes for the column's type.",
    remedy: "Compare the column's type with the plan; report it if they agree.",
  },
  TYPE_MISMATCH: {
    cause: 'A computed value cannot become the type that `types` names for its field.',
    remedy: 'Change the expression or the type of the field, and run with --fresh.',
  },
});

export type ConversionCode = keyof typeof conversionCodes;
