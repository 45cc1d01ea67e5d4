import { type ConversionCode, conversionCodes } from './conversion.codes.js';

/**
 * What a converter returns for a value that it cannot convert: returned rather than thrown, one frozen object per code,
 * since it is met in hot paths. Its message names no value.
 */
export class ConversionFailed {
  readonly message: string;

  private constructor(readonly code: ConversionCode) {
    this.message = conversionCodes[code].cause;
    Object.freeze(this);
  }

  private static readonly known = new Map<ConversionCode, ConversionFailed>();

  static of(code: ConversionCode): ConversionFailed {
    let failed = ConversionFailed.known.get(code);
    if (failed === undefined) ConversionFailed.known.set(code, (failed = new ConversionFailed(code)));
    return failed;
  }
}
