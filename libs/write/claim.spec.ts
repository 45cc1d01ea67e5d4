import { describe, expect, test } from '@jest/globals';
import { Binary, Decimal128, Double, Int32, Long, ObjectId } from 'bson';
import * as driver from 'mongodb';
import { claimId } from './claim.js';

describe('the identity of an _id', () => {
  test('is the same whichever copy of the BSON classes its values are of', () => {
    const hex = '0123456789abcdef01234567';
    expect(claimId(0, new driver.ObjectId(hex))).toBe(claimId(0, new ObjectId(hex)));
    expect(claimId(0, new driver.Binary(Buffer.from('ab'), 4))).toBe(claimId(0, new Binary(Buffer.from('ab'), 4)));
    for (const number of [
      new driver.Int32(7),
      new driver.Double(7),
      driver.Long.fromNumber(7),
      driver.Decimal128.fromString('7.0'),
    ]) {
      expect(claimId(0, number)).toBe('0:n7');
    }
  });

  test('takes numbers by value, whatever their type', () => {
    const ids = [7, 7n, new Int32(7), new Double(7), Long.fromNumber(7), Decimal128.fromString('7.00')].map((id) =>
      claimId(0, id),
    );
    expect(new Set(ids)).toEqual(new Set(['0:n7']));
    expect(claimId(0, new Double(0.1))).not.toBe(claimId(0, Decimal128.fromString('0.1')));
    expect(claimId(0, '7')).not.toBe(claimId(0, 7));
  });
});
