import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { MillraceError } from '#errors';
import { settingsReference } from './reference.js';
import { metaOf } from './fields.js';
import { readSettings, settingsSchema } from './settings.js';

test('an empty environment gives the defaults', () => {
  expect(readSettings({})).toMatchObject({
    logLevel: 'info',
    logFormat: 'text',
    debug: false,
    readers: 2,
    chunkRows: 50_000,
  });
  expect(readSettings({ MILLRACE_READERS: '', MILLRACE_DEBUG: ' ' })).toEqual(readSettings({}));
});

test('variables are read by their names', () => {
  expect(
    readSettings({ MILLRACE_LOG_LEVEL: 'warn', MILLRACE_DEBUG: '1', MILLRACE_READERS: '8', PATH: '/bin' }),
  ).toMatchObject({
    logLevel: 'warn',
    debug: true,
    readers: 8,
  });
});

test('every problem is told at once, by name and rule, never by value', () => {
  const wrong = {
    MILLRACE_LOG_FORMAT: 'geheim',
    MILLRACE_READERS: '33',
    MILLRACE_CHUNK_ROWS: '1e5',
    MILLRACE_DEBUG: 'yes',
  };
  const error = thrownBy(() => readSettings(wrong));
  expect(error).toMatchObject({ code: 'SETTINGS_INVALID', exit: 2 });
  for (const name of Object.keys(wrong)) expect(error.message).toContain(`${name} must be `);
  for (const value of Object.values(wrong)) expect(error.message).not.toMatch(new RegExp(`\\b${value}\\b`));
});

test('the reference has a row for every setting, with its default', () => {
  const reference = settingsReference();
  for (const schema of Object.values(settingsSchema.shape))
    expect(reference).toContain(`| \`${metaOf(schema).env}\` |`);
  expect(reference).toContain(
    '| `MILLRACE_LOG_LEVEL` | one of trace, debug, info, warn, error, fatal, silent | `info` |',
  );
});

test('the reference in the docs is that of the code; `npm run reference` writes it', async () => {
  expect(await readFile(join(import.meta.dirname, '../../docs/CONFIG.md'), 'utf8')).toContain(settingsReference());
});

function thrownBy(work: () => unknown): MillraceError {
  try {
    work();
  } catch (error) {
    if (error instanceof MillraceError) return error;
  }
  throw new Error('no MillraceError was thrown');
}
