import { describe, expect, test } from '@jest/globals';
import { MillraceError } from '#errors';
import { sqlStateOf, toMillraceError } from './errors.js';
import { findingOf } from './finding-of.js';
import { POSTGRES_CODES } from './postgres.codes.js';

const failing = (code?: string, message = 'as the server says'): Error =>
  Object.assign(new Error(message), code === undefined ? {} : { code });

describe('an error of the driver', () => {
  test.each([
    ['08006', 'SOURCE_CONNECTION_LOST', true],
    ['57P01', 'SOURCE_CONNECTION_LOST', true],
    ['57P02', 'SOURCE_CONNECTION_LOST', true],
    ['57P03', 'SOURCE_CONNECTION_LOST', true],
    ['40001', 'SOURCE_BUSY', true],
    ['40P01', 'SOURCE_BUSY', true],
    ['55006', 'SOURCE_BUSY', true],
    ['55P03', 'SOURCE_BUSY', true],
    ['57014', 'SOURCE_BUSY', true],
    ['53300', 'SOURCE_UNREACHABLE', true],
    ['53200', 'SOURCE_BUSY', true],
    ['53100', 'SOURCE_BUSY', true],
    ['58030', 'SOURCE_BUSY', true],
    ['ECONNRESET', 'SOURCE_CONNECTION_LOST', true],
    ['EPIPE', 'SOURCE_CONNECTION_LOST', true],
    ['ETIMEDOUT', 'SOURCE_CONNECTION_LOST', true],
    ['42501', 'SOURCE_PERMISSION_DENIED', false],
    ['42P01', 'SOURCE_SCHEMA_CHANGED', false],
    ['42703', 'SOURCE_SCHEMA_CHANGED', false],
    ['55000', 'SOURCE_CONFIGURATION', false],
    ['53400', 'SOURCE_CONFIGURATION', false],
    ['57P04', 'SOURCE_DATABASE_UNKNOWN', false],
    ['42601', 'SOURCE_FAILED', false],
    ['22P02', 'SOURCE_FAILED', false],
    ['XX000', 'SOURCE_FAILED', false],
  ])('%s in a session is %s', (code, expected, retriable) => {
    expect(toMillraceError(failing(code))).toMatchObject({ code: expected, retriable });
  });

  test.each([
    ['28P01', 'SOURCE_AUTHENTICATION_FAILED', false],
    ['28000', 'SOURCE_AUTHENTICATION_FAILED', false],
    ['3D000', 'SOURCE_DATABASE_UNKNOWN', false],
    ['42501', 'SOURCE_PERMISSION_DENIED', false],
    ['08P01', 'SOURCE_NOT_DIRECT', false],
    ['42704', 'SOURCE_NOT_DIRECT', false],
    ['57P03', 'SOURCE_UNREACHABLE', true],
    ['53300', 'SOURCE_UNREACHABLE', true],
    ['ECONNREFUSED', 'SOURCE_UNREACHABLE', true],
    ['ENOTFOUND', 'SOURCE_UNREACHABLE', true],
    ['EAI_AGAIN', 'SOURCE_UNREACHABLE', true],
    ['ENOENT', 'SOURCE_UNREACHABLE', true],
    ['EHOSTUNREACH', 'SOURCE_UNREACHABLE', true],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'SOURCE_TLS_FAILED', false],
    ['CERT_HAS_EXPIRED', 'SOURCE_TLS_FAILED', false],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'SOURCE_TLS_FAILED', false],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'SOURCE_TLS_FAILED', false],
    ['EPROTO', 'SOURCE_TLS_FAILED', false],
    [undefined, 'SOURCE_AUTHENTICATION_FAILED', false],
  ])('%s while connecting is %s', (code, expected, retriable) => {
    expect(toMillraceError(failing(code), { connecting: true })).toMatchObject({
      code: expected,
      retriable,
      exit: retriable ? 1 : 4,
    });
  });

  test('without a code is a defect, unless the session was lost before', () => {
    expect(toMillraceError(new TypeError('x is not a function'))).toMatchObject({
      code: 'SOURCE_FAILED',
      retriable: false,
    });
    expect(toMillraceError(failing(), { client: { lost: failing('57P01') } })).toMatchObject({
      code: 'SOURCE_CONNECTION_LOST',
      retriable: true,
    });
  });

  test('is named with its place and its code, and does not show values', () => {
    const error = toMillraceError(failing('22P02', 'invalid input syntax for type integer: "hunter2"'), {
      where: 'db:5432/shop',
      doing: 'reading public.orders',
    });
    expect(error.message).toMatch(/^reading public\.orders: .*db:5432\/shop.*22P02/);
    expect(error.message).not.toContain('hunter2');
    expect(sqlStateOf(error)).toBe('22P02');
    expect(sqlStateOf(failing('ECONNRESET'))).toBeUndefined();
    expect(sqlStateOf(failing('EPIPE'))).toBeUndefined();
  });

  test('that is judged already stays as it is', () => {
    const error = new MillraceError(POSTGRES_CODES.SOURCE_VERSION, 'too old');
    expect(toMillraceError(error)).toBe(error);
  });

  test('becomes a blocker of check, its remedy apart', () => {
    const finding = findingOf(toMillraceError(failing('3D000'), { where: 'db:5432/shop', connecting: true }));
    expect(finding).toMatchObject({
      severity: 'blocker',
      code: 'SOURCE_DATABASE_UNKNOWN',
      object: 'source',
      fix: POSTGRES_CODES.SOURCE_DATABASE_UNKNOWN.remedy,
    });
    expect(finding.message).toContain('db:5432/shop');
    expect(finding.message).not.toContain(finding.fix);
  });
});
