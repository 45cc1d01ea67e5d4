import { describe, expect, test } from '@jest/globals';
import { Redactor } from './redactor.js';

describe('a redactor hides', () => {
  test.each([
    ['a password in its place', 'at postgres://app:s3@db/shop now', 'at postgres://app:***@db/shop now'],
    ['one with an at sign in it', 'mongodb://u:p@ss:w@h1,h2/?x=1', 'mongodb://u:***@h1,h2/?x=1'],
    ['one without a user', 'redis://:geheim@h', 'redis://:***@h'],
    [
      'a password as a parameter',
      'postgres://h/d?user=a&password=geheim&x=1',
      'postgres://h/d?user=a&password=***&x=1',
    ],
    [
      'nothing else',
      'postgres://app@db:5432/shop user@shop.example 12:30',
      'postgres://app@db:5432/shop user@shop.example 12:30',
    ],
  ])('%s, of URIs that it has never seen', (_title, text, expected) => {
    expect(new Redactor().redact(text)).toBe(expected);
  });

  test('the password of a known URI anywhere, as written and decoded', () => {
    const redactor = new Redactor();
    redactor.addUri('mongodb://app:ge%2Fheim%22x@host/db');
    expect(redactor.redact('auth of ge/heim"x or ge%2Fheim%22x failed')).toBe('auth of *** or *** failed');
    expect(redactor.redact(JSON.stringify({ message: 'ge/heim"x' }))).toBe('{"message":"***"}');
  });

  test('a password that the URI also says openly only in its place', () => {
    const redactor = new Redactor();
    redactor.addUri('postgres://postgres:postgres@localhost:5432/postgres');
    expect(redactor.redact('role "postgres" at postgres://postgres:postgres@localhost')).toBe(
      'role "postgres" at postgres://postgres:***@localhost',
    );
  });

  test('the content of a secret file, in texts at any depth', () => {
    const redactor = new Redactor();
    redactor.add('t0p.secret');
    expect(redactor.redactAll({ a: ['t0p.secret', 1, null], b: { c: 'x t0p.secret' } })).toEqual({
      a: ['***', 1, null],
      b: { c: 'x ***' },
    });
    expect(redactor.redact('t0pxsecret')).toBe('t0pxsecret');
  });
});
