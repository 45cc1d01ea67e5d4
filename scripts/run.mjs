import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from './root.mjs';

/**
 * Runs a program with this one's output and gives its exit code. An interrupt goes to the program, which is in the same
 * group of processes, and this one ends with it.
 */
export function run(program, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: ROOT, stdio: 'inherit', shell: false, ...options });
    const ignore = () => {};
    const forward = () => child.kill('SIGTERM');
    process.on('SIGINT', ignore).on('SIGTERM', forward);
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      process.off('SIGINT', ignore).off('SIGTERM', forward);
      resolve(code ?? (signal === 'SIGINT' ? 130 : 1));
    });
  });
}

/** The path of a JavaScript program in an installed package: started by this Node, without a shell. */
export const packageProgram = (path) => join(ROOT, 'node_modules', path);

export const runNode = (args, options) => run(process.execPath, args, options);

export function say(line) {
  process.stdout.write(`${line}\n`);
}

/** Runs a script's work: its result is the exit code, and what it throws is shown without a stack. */
export async function main(work) {
  try {
    process.exitCode = await work();
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
