import { describe, expect, test } from '@jest/globals';
import { EXIT, errorCodes, MillraceError } from '#errors';
import { JOB_ERRORS } from '#job';
import { Redactor } from '#observability/redaction';
import { REGISTRY_ERRORS } from '#registry';
import { API_ERRORS } from './api.codes.js';
import { errorOfBody, failureBody, statusOf } from './failure.js';

const OTHER = errorCodes({
  PLAIN: { cause: 'c', remedy: 'r' },
  WRONG: { cause: 'c', remedy: 'r', exit: EXIT.usage },
  BLOCKED: { cause: 'c', remedy: 'r', exit: EXIT.blocked },
});

describe('the status of a failure', () => {
  test.each([
    [API_ERRORS.UNAUTHORIZED, 401],
    [API_ERRORS.ORIGIN_REFUSED, 403],
    [API_ERRORS.ROUTE_UNKNOWN, 404],
    [API_ERRORS.REQUEST_INVALID, 400],
    [API_ERRORS.REQUEST_TOO_LARGE, 413],
    [API_ERRORS.API_FAILED, 500],
    [REGISTRY_ERRORS.JOB_NOT_REGISTERED, 404],
    [REGISTRY_ERRORS.JOB_EXISTS, 409],
    [JOB_ERRORS.JOB_FILE_INVALID, 422],
    [JOB_ERRORS.LETTER_UNKNOWN, 404],
    [JOB_ERRORS.JOB_UNKNOWN, 404],
    [JOB_ERRORS.JOB_RUNNING, 409],
    [JOB_ERRORS.JOB_PAUSED, 409],
    [JOB_ERRORS.JOB_BLOCKED, 409],
    [JOB_ERRORS.MAPPING_CHANGED, 409],
    [JOB_ERRORS.EDIT_REFUSED, 400],
    [JOB_ERRORS.REQUEST_UNANSWERED, 503],
    [OTHER.PLAIN, 500],
    [OTHER.WRONG, 400],
    [OTHER.BLOCKED, 409],
  ])('%o is %i', (code, status) => {
    expect(statusOf(new MillraceError(code, 'm'))).toBe(status);
  });

  test('is 503 where the same request may succeed later', () => {
    expect(statusOf(new MillraceError(OTHER.PLAIN, 'm', { retriable: true }))).toBe(503);
  });
});

describe('a failure', () => {
  const findings = [{ severity: 'blocker', message: 'at postgres://app:hunter22-geheim@h/d' }];
  const error = new MillraceError(OTHER.BLOCKED, 'no password=hunter22-geheim here', {
    context: { findings, secret: 1 },
  });

  test('is told without secrets, and without what stands in its context for other reasons', () => {
    const body = failureBody(error, new Redactor());
    expect(JSON.stringify(body)).not.toContain('hunter22');
    expect(Object.keys(body.error)).toEqual(['code', 'message', 'remedy', 'exit', 'findings']);
  });

  test('is the same again at whoever asked', () => {
    const again = errorOfBody(JSON.parse(JSON.stringify(failureBody(error, { redactAll: (value) => value }))));
    expect(again).toMatchObject({
      code: 'BLOCKED',
      message: error.message,
      remedy: 'r',
      exit: 4,
      context: { findings },
    });
  });
});
