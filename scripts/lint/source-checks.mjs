import { readFile } from 'node:fs/promises';
import { glob } from '../source-files.mjs';

const MAX_LINES = 500;
const IS_TEST = /\.spec\.ts$|-conformance\.ts$|^test\/|^libs\/(?:[^/]+\/)?testing\//;

/** What no linter knows of this project: for each rule where it holds, what it looks for and why. */
const RULES = [
  {
    name: 'environment-read-once',
    holds: (path) => !IS_TEST.test(path) && !/^apps\/[^/]+\/(?:main|host)\.ts$|^libs\/(config|servers)\//.test(path),
    pattern: /\bprocess\.env\b/,
    why: 'The environment is read once, at the edge (main.ts, host.ts, #config), and passed in.',
  },
  {
    name: 'no-update-many',
    holds: (path) => !IS_TEST.test(path),
    pattern: /\.updateMany\(|\bupdateMany:|\.updateOne\(/,
    why: 'Documents and staged rows are replaced whole, by _id: an update that fans out is neither bounded nor repeatable.',
  },
  {
    name: 'no-parked-test',
    holds: (path) => IS_TEST.test(path),
    pattern: /\b(?:test|it|describe)\.(?:only|skip|todo|failing)\(|\bx(?:it|test|describe)\(/,
    why: 'A test that does not run proves nothing.',
  },
];

/** One line for each place that breaks a rule. Comments may name what code may not use. */
export async function sourceChecks() {
  const found = [];
  for (const path of await glob(['apps', 'libs', 'test'], /\.ts$/)) {
    const lines = (await readFile(path, 'utf8')).split('\n');
    if (lines.length > MAX_LINES) found.push(`${path}: ${lines.length} lines, more than ${MAX_LINES}`);
    const rules = RULES.filter((rule) => rule.holds(path));
    lines.forEach((line, index) => {
      if (/^\s*(?:\*|\/\/|\/\*)/.test(line)) return;
      for (const { name, pattern, why } of rules) {
        if (pattern.test(line)) found.push(`${path}:${index + 1}: ${line.trim()} (${name}: ${why})`);
      }
    });
  }
  return found;
}
