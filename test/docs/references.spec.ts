import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { serviceSettingsReference, settingsReference } from '#config';
import type { ErrorCode } from '#errors';
import { assumptionsPage } from '../simulation/assumptions/page.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const read = (file: string) => readFile(join(ROOT, file), 'utf8');

/** Test kits, and the driver's own codes, are not Millrace's. */
const OF_OTHERS = /^(?:testing|servers)\/|\/testing\//;

/** All codes that the rooms and apps declare. */
async function declaredCodes(): Promise<string[]> {
  const codes = new Set<string>();
  for (const folder of ['libs', 'apps']) {
    for (const file of await readdir(join(ROOT, folder), { recursive: true })) {
      if (!file.endsWith('.codes.ts')) continue;
      const module = (await import(pathToFileURL(join(ROOT, folder, file)).href)) as Record<string, unknown>;
      const groups = Object.values(module).filter((value) => value !== null && typeof value === 'object');
      for (const entry of groups.flatMap((group) => Object.values(group as object)) as Partial<ErrorCode>[]) {
        if (entry.code !== undefined && entry.remedy !== undefined) codes.add(entry.code);
      }
    }
  }
  return [...codes].sort();
}

async function markdownFiles(): Promise<string[]> {
  const docs = (await readdir(join(ROOT, 'docs'), { recursive: true })).filter((file) => file.endsWith('.md'));
  return ['README.md', 'CONTRIBUTING.md', ...docs.map((file) => join('docs', file))];
}

describe('the generated references are up to date (npm run reference)', () => {
  test('docs/ERRORS.md has every code that is declared, and no other', async () => {
    const listed = [...(await read('docs/ERRORS.md')).matchAll(/^\| `([A-Z0-9_]+)` \|/gm)].map(([, code]) => code);
    expect(listed.sort()).toEqual(await declaredCodes());
  });

  test('docs/ERRORS.md has every code that the code writes out', async () => {
    const listed = await read('docs/ERRORS.md');
    const written = new Set<string>();
    for (const folder of ['libs', 'apps']) {
      for (const file of await readdir(join(ROOT, folder), { recursive: true })) {
        if (!file.endsWith('.ts') || file.endsWith('.spec.ts') || OF_OTHERS.test(file)) continue;
        for (const [, code = ''] of (await read(join(folder, file))).matchAll(/\bcode: '([A-Z]+(?:_[A-Z]+)+)'/g))
          written.add(code);
      }
    }
    expect([...written].filter((code) => !listed.includes(`| \`${code}\` |`))).toEqual([]);
  });

  test('docs/CONFIG.md has every setting as the code has it', async () => {
    const listed = await read('docs/CONFIG.md');
    expect(listed).toContain(settingsReference().trimEnd());
    expect(listed).toContain(serviceSettingsReference().trimEnd());
  });

  test('docs/72-assumptions.md has every assumption of the simulation', async () => {
    expect(await read('docs/72-assumptions.md')).toBe(assumptionsPage());
  });
});

describe('links within the documentation', () => {
  test('lead to files that are there, and to headings in them', async () => {
    const broken: string[] = [];
    for (const file of await markdownFiles()) {
      for (const [, path = '', anchor] of (await read(file)).matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)/g)) {
        const target = path === '' ? file : join(file, '..', path);
        const text = await read(target.endsWith('/') ? `${target}README.md` : target).catch(() => undefined);
        if (text === undefined || (anchor !== undefined && !anchorsOf(text).has(anchor))) {
          broken.push(`${file}: ${path}${anchor === undefined ? '' : `#${anchor}`}`);
        }
      }
    }
    expect(broken).toEqual([]);
  });
});

/** As GitHub makes them of headings. */
function anchorsOf(text: string): Set<string> {
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}
