import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readJobFile } from '#mapping';
import { type TestPostgres, testPostgres } from '#testing';
import { type CliContext, cliContext } from './run-cli.js';

let cli: CliContext;
let postgres: TestPostgres;
beforeAll(async () => {
  [cli, postgres] = await Promise.all([cliContext(), testPostgres()]);
  await postgres.exec(`
    CREATE TABLE customers (id int PRIMARY KEY, name text);
    CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL REFERENCES customers);
    CREATE TABLE order_lines (order_id int REFERENCES orders ON DELETE CASCADE, line_no int, PRIMARY KEY (order_id, line_no));
    CREATE SCHEMA other;
    CREATE TABLE other.things (id int PRIMARY KEY);
  `);
});
afterAll(async () => {
  await postgres[Symbol.asyncDispose]();
  await cli[Symbol.asyncDispose]();
});

const read = (text: string) =>
  readJobFile(text, {
    fileName: 'suggested.yaml',
    env: { MILLRACE_SOURCE_URI: 'postgres://h/d', MILLRACE_TARGET_URI: 'mongodb://h' },
    readSecretFile: () => '',
  });

describe('init', () => {
  test('prints a valid job file on stdout that holds no URI, and a summary on stderr', async () => {
    const { code, out, err } = await cli.run(['init', '--source', postgres.uri]);
    expect({ code, err }).toEqual({ code: 0, err: expect.stringContaining('4 tables read') });
    const { jobFile, problems } = read(out);
    expect(problems).toBeUndefined();
    expect(Object.keys(jobFile?.collections ?? {})).toEqual(expect.arrayContaining(['customers', 'orders', 'things']));
    expect(jobFile?.collections['orders']?.embed).toMatchObject({
      order_lines: { many: expect.stringContaining('order_lines') },
    });
    expect(out).not.toContain('127.0.0.1');
    expect(out).toMatch(/\$\{MILLRACE_SOURCE_URI\}/);
  });

  test('takes only the schemas that are named, and the database of the target', async () => {
    const args = ['--schema', 'other', '--target', 'mongodb://app:hunter22@h/shopdb?replicaSet=rs0'];
    const { code, out, err } = await cli.run(['init', '--source', postgres.uri, ...args]);
    expect(code).toBe(0);
    expect(read(out).jobFile).toMatchObject({ target: { database: 'shopdb' }, collections: { things: {} } });
    expect(out + err).not.toMatch(/hunter22|customers/);
  });

  test('writes --out, and never over a file that is there', async () => {
    const file = `${cli.folder}/suggested.yaml`;
    const first = await cli.run(['init', '--source', postgres.uri, '--out', file, '--json']);
    expect(first.code).toBe(0);
    const text = await readFile(file, 'utf8');
    expect(first.json).toEqual([{ file, tables: 4, jobFile: text }]);
    expect(read(text).problems).toBeUndefined();
    const second = await cli.run(['init', '--source', postgres.uri, '--out', file]);
    expect(second).toMatchObject({ code: 2, err: expect.stringContaining('OUTPUT_FILE_EXISTS') });
  });

  test('says where there is nothing to suggest', async () => {
    const { code, err } = await cli.run(['init', '--source', postgres.uri, '--schema', 'nowhere']);
    expect(code).toBe(1);
    expect(err).toContain('NOTHING_TO_SUGGEST: There is no table in nowhere');
  });

  test('tells of an unreachable source without its password', async () => {
    const { code, out, err } = await cli.run([
      'init',
      '--source',
      'postgres://app:hunter22@127.0.0.1:1/shop',
      '--json',
    ]);
    expect(code).toBe(1);
    expect(err).toMatch(/^error SOURCE_UNREACHABLE: /);
    expect(out + err).not.toContain('hunter22');
  });
});
