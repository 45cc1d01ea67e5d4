import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from '@jest/globals';

const ROOT = new URL('../../', import.meta.url);

let lines: string[];
let ignored: string[];
beforeAll(async () => {
  const text = await readFile(new URL('Dockerfile', ROOT), 'utf8');
  lines = text.replaceAll('\\\n', ' ').split('\n');
  ignored = (await readFile(new URL('.dockerignore', ROOT), 'utf8')).split('\n');
});

const last = (instruction: string) => lines.findLast((line) => line.startsWith(`${instruction} `));

describe('the Dockerfile', () => {
  test('copies what is there and what .dockerignore lets through', () => {
    const copies = lines.filter((line) => /^COPY (?!--from)/.test(line));
    const sources = copies.flatMap((line) => line.split(/\s+/).slice(1, -1));
    expect(sources).toContain('package-lock.json');
    expect(sources.filter((path) => !existsSync(new URL(path, ROOT)))).toEqual([]);
    expect(sources.filter((path) => !ignored.includes(`!${path}`))).toEqual([]);
  });

  test('lets nothing into the image but what it needs: no sources, no tests, nothing for development', () => {
    const final = lines.slice(lines.findLastIndex((line) => line.startsWith('FROM ')));
    const copied = final.filter((line) => line.startsWith('COPY')).map((line) => line.split(/\s+/).slice(1).join(' '));
    expect(copied).toEqual([
      'LICENSE package.json ./',
      'bin bin',
      '--from=dependencies /app/node_modules node_modules',
      '--from=build /app/dist dist',
    ]);
    expect(ignored).toEqual(expect.arrayContaining(['*', '**/*.spec.ts', 'libs/testing']));
  });

  test('runs as a user that is not root, by number, and stops by SIGTERM', () => {
    expect(last('USER')).toBe('USER 1000:1000');
    expect(last('STOPSIGNAL')).toBe('STOPSIGNAL SIGTERM');
  });

  test('has a Node of the version that package.json asks for', async () => {
    const { engines } = JSON.parse(await readFile(new URL('package.json', ROOT), 'utf8')) as {
      engines: { node: string };
    };
    const [major] = /\d+/.exec(engines.node) ?? [];
    const bases = lines.filter((line) => line.startsWith('FROM '));
    expect(bases.filter((line) => !line.startsWith(`FROM node:${major}-`))).toEqual([]);
  });

  test("asks for the service's life at its port, whatever it is", async () => {
    const program = /CMD \["node", "-e",\s+"(.+)"\]/.exec(last('HEALTHCHECK') ?? '')?.[1] ?? '';
    const asked: string[] = [];
    const codes: number[] = [];
    const answers = [{ ok: true }, { ok: false }];
    const check = new Function('fetch', 'process', `return ${program}`);
    const fetchOnce = async (url: string) => {
      asked.push(url);
      return answers.shift() ?? Promise.reject(new Error('refused'));
    };
    for (const env of [{}, { MILLRACE_HTTP_PORT: '9000' }, {}])
      await check(fetchOnce, { env, exit: (code: number) => codes.push(code) });
    expect(asked.slice(0, 2)).toEqual(['http://127.0.0.1:8080/health/live', 'http://127.0.0.1:9000/health/live']);
    expect(codes).toEqual([0, 1, 1]);
  });
});
