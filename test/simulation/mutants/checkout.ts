import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { transform } from '@swc/core';
import type { Edit, Mutant } from './mutant.js';

const LEFT_OUT = ['node_modules', '.git'];

/** A copy of the project that a mutant is put into. */
export class Checkout implements AsyncDisposable {
  private constructor(
    private readonly root: string,
    readonly folder: string,
  ) {}

  /** `built`: as the simulation runs; else all of it, as some tests run the command line as it is shipped. */
  static async of(root: string, kind: 'built' | 'whole'): Promise<Checkout> {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-mutant-'));
    const names = kind === 'built' ? ['dist', 'package.json'] : await readdir(root);
    for (const name of names.filter((each) => !LEFT_OUT.includes(each)))
      await cp(join(root, name), join(folder, name), { recursive: true });
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
    return new Checkout(root, folder);
  }

  async mutate(mutant: Mutant): Promise<void> {
    for (const [file, text] of await mutatedFiles(this.root, mutant)) await writeFile(join(this.folder, file), text);
  }

  async mutateBuilt(mutant: Mutant): Promise<void> {
    for (const [file, text] of await mutatedFiles(this.root, mutant))
      await writeFile(join(this.folder, 'dist', file.replace(/\.ts$/, '.js')), await compiled(file, text));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** The texts of all files that it changes. */
export async function mutatedFiles(root: string, mutant: Mutant): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const edit of [mutant, ...(mutant.also ?? [])]) {
    const text = files.get(edit.file) ?? (await readFile(join(root, edit.file), 'utf8'));
    files.set(edit.file, edited(text, edit, mutant.name));
  }
  return files;
}

export async function compiled(filename: string, text: string): Promise<string> {
  const { code } = await transform(text, {
    filename,
    jsc: { target: 'es2023', parser: { syntax: 'typescript', decorators: true } },
    module: { type: 'es6' },
  });
  return code;
}

function edited(text: string, { file, find, replace }: Edit, name: string): string {
  if (text.split(find).length !== 2) throw new Error(`mutant ${name}: ${file} does not have it once: ${find}`);
  return text.replace(find, () => replace);
}
