import { describe, expect, test } from '@jest/globals';
import { MongoNetworkError, MongoServerError } from 'mongodb';
import { isUnknownCommit, permanentError, verdictOf } from './failures.js';

const error = (code: number, labels: string[] = []) =>
  new MongoServerError({ code, message: 'words', errorLabels: labels });
const TRANSIENT = 'TransientTransactionError';

describe('verdictOf', () => {
  test.each([
    ['a write conflict', error(112, [TRANSIENT]), 'conflict'],
    ['a lock timeout', error(24, [TRANSIENT]), 'conflict'],
    ['an unknown error that is labelled transient', error(99_999, [TRANSIENT]), 'conflict'],
    ['a primary that stepped down', error(189, [TRANSIENT]), 'lost'],
    ['a shutdown', error(11_600), 'lost'],
    ['a broken connection', new MongoNetworkError('words'), 'lost'],
    ['a transaction larger than the cache', error(388), 'limit'],
    ['an expired time limit', error(50, [TRANSIENT]), 'limit'],
    ['a transaction whose log entry is too large', error(257), 'tooLarge'],
    ['a missing right', error(13), 'permanent'],
    ['an error that is none of MongoDB’s', new TypeError('words'), 'permanent'],
    ['an unknown error', error(99_999), 'permanent'],
  ])('judges %s', (_, failure, verdict) => {
    expect(verdictOf(failure)).toBe(verdict);
  });

  test('takes a vanished transaction for a limit only when it had lived for a while', () => {
    const vanished = error(251, [TRANSIENT]);
    expect(verdictOf(vanished, { elapsedMs: 20, bytes: 0 })).toBe('conflict');
    expect(verdictOf(vanished, { elapsedMs: 61_000, bytes: 0 })).toBe('limit');
  });

  test('takes a conflict of a large transaction for want of cache, which MongoDB 6.0 tells by the same code', () => {
    const conflict = error(112, [TRANSIENT]);
    expect(verdictOf(conflict, { elapsedMs: 20, bytes: 1_000 })).toBe('conflict');
    expect(verdictOf(conflict, { elapsedMs: 20, bytes: 20_000_000 })).toBe('limit');
  });
});

describe('isUnknownCommit', () => {
  test('is told by the label, or by a lost connection', () => {
    expect(isUnknownCommit(error(64, ['UnknownTransactionCommitResult']))).toBe(true);
    expect(isUnknownCommit(new MongoNetworkError('words'))).toBe(true);
    expect(isUnknownCommit(error(251, [TRANSIENT]))).toBe(false);
    expect(isUnknownCommit(error(112))).toBe(false);
  });
});

describe('permanentError', () => {
  test.each([
    [18, 'TARGET_AUTHENTICATION_FAILED'],
    [13, 'TARGET_PERMISSION_DENIED'],
    [20, 'TARGET_STANDALONE'],
    [99_999, 'TARGET_REFUSED'],
  ])('gives code %i its name, without the server’s words', (code, name) => {
    const made = permanentError(error(code));
    expect(made).toMatchObject({ code: name, retriable: false });
    expect(String(made)).not.toContain('words');
  });

  test('finds a TLS failure among the causes', () => {
    const cause = Object.assign(new Error('words'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    expect(permanentError(new MongoNetworkError('words', { cause }))).toMatchObject({ code: 'TARGET_TLS_FAILED' });
  });

  test('calls a lost connection unreachable, for now', () => {
    expect(permanentError(new MongoNetworkError('words'))).toMatchObject({
      code: 'TARGET_UNREACHABLE',
      retriable: true,
    });
  });
});
