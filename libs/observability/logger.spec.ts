import { expect, test } from '@jest/globals';
import { createLogger, type LoggerOptions } from './logger.js';
import { Redactor } from './redaction/index.js';

function logged(options: Partial<LoggerOptions>) {
  const lines: string[] = [];
  const redactor = new Redactor();
  redactor.add('t0p-secret');
  const logger = createLogger({
    level: 'info',
    format: 'json',
    write: (line) => lines.push(line),
    redactor,
    bindings: { service: 'millrace', job: 'shop' },
    ...options,
  });
  return { logger, lines };
}

test('a JSON line has level, time, service, job and what is bound to it', () => {
  const { logger, lines } = logged({});
  logger.child({ table: 'public.orders' }).warn({ partition: 3 }, 'slow');
  expect(JSON.parse(lines[0] ?? '')).toEqual({
    level: 'warn',
    time: expect.stringMatching(/^\d{4}-.*Z$/),
    service: 'millrace',
    job: 'shop',
    table: 'public.orders',
    partition: 3,
    msg: 'slow',
  });
});

test('lines below the level are left out', () => {
  const { logger, lines } = logged({ level: 'warn' });
  logger.info('calm');
  expect(lines).toEqual([]);
});

test.each(['json', 'text'] as const)('no secret passes in format %s, whatever field it is in', (format) => {
  const { logger, lines } = logged({ format });
  logger.error({ err: new Error('t0p-secret'), deep: { a: ['t0p-secret'] } }, 'with t0p-secret');
  expect(lines.join('')).not.toContain('t0p-secret');
});

test('an error shows its code and message, and not what a driver hangs on it', () => {
  const { logger, lines } = logged({});
  logger.error(
    { err: Object.assign(new Error('refused'), { code: '23505', detail: 'Key (email)=(a@b) exists' }) },
    'no',
  );
  expect(lines[0]).toContain('"err":{"name":"Error","code":"23505","message":"refused"}');
  expect(lines[0]).not.toContain('email');
});

test('a line for people has the time, the level where it is not calm, and details; not what the message says already', () => {
  const { logger, lines } = logged({ format: 'text' });
  logger.info({ facts: { rows: 5 } }, '5 rows');
  logger.warn({ partition: 3 }, 'slow');
  expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d 5 rows\n$/);
  expect(lines[1]).toMatch(/^\d\d:\d\d:\d\d warning: slow \(partition 3\)\n$/);
});
