import { describe, expect, test } from '@jest/globals';
import { TransactionIds } from './transaction-id.js';
import { TransactionSnapshot } from './visibility.js';

const EPOCH = 1n << 32n;

describe('transaction ids', () => {
  test('take the epoch of the nearest known one, also around its end', () => {
    expect(new TransactionIds(1000n).widen(990)).toBe('990');
    expect(new TransactionIds(1000n).widen(1500)).toBe('1500');
    expect(new TransactionIds(5n * EPOCH + 10n).widen(0xffff_fff0)).toBe(String(5n * EPOCH - 16n));
    expect(new TransactionIds(5n * EPOCH - 16n).widen(10)).toBe(String(5n * EPOCH + 10n));
    expect(new TransactionIds(5n * EPOCH + 0x8000_0100n).widen(0x8000_0000)).toBe(String(5n * EPOCH + 0x8000_0000n));
  });

  test('follow a stream through several epochs', () => {
    const ids = new TransactionIds(700n);
    let full = 700n;
    for (let i = 0; i < 12; i++) {
      full += 1_500_000_000n;
      expect(ids.widen(Number(full % EPOCH))).toBe(String(full));
    }
  });
});

describe('a snapshot of transactions', () => {
  const snapshot = TransactionSnapshot.parse('100:120:100,110');

  test('has finished what is below xmax and not in progress', () => {
    expect(['99', '101', '119'].map((id) => snapshot.finished(id))).toEqual([true, true, true]);
    expect(['100', '110', '120', '4294967396'].map((id) => snapshot.finished(id))).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });

  test('reads one without transactions in progress', () => {
    expect(TransactionSnapshot.parse('7:7:').finished('6')).toBe(true);
  });

  test('is settled when none that it takes for finished is in progress, whatever else is', () => {
    expect(snapshot.settledIn(TransactionSnapshot.parse('100:130:100,110,125'))).toBe(true);
    expect(snapshot.settledIn(TransactionSnapshot.parse('100:130:100,115'))).toBe(false);
    expect(TransactionSnapshot.parse('729:730:729').settledIn(TransactionSnapshot.parse('729:729:'))).toBe(true);
  });

  test('is not settled while one that it takes for finished is too new for the other to list', () => {
    expect(TransactionSnapshot.parse('729:730:').settledIn(TransactionSnapshot.parse('729:729:'))).toBe(false);
    expect(snapshot.settledIn(TransactionSnapshot.parse('100:119:100,110'))).toBe(false);
    expect(snapshot.settledIn(TransactionSnapshot.parse('100:120:100,110'))).toBe(true);
  });
});
