import { join } from 'node:path';
import { MillraceError } from '#errors';
import { isExecutable, onPath, output } from './cache.js';
import { serverErrors } from './servers.codes.js';

const OLDEST_JAVA = 17;

/** `java` out of JAVA_HOME, else from PATH: the first that is recent enough. */
export async function javaProgram(): Promise<string> {
  const failures: string[] = [];
  const home = process.env['JAVA_HOME'];
  const places: [string, string | undefined][] = [
    ['JAVA_HOME', home ? join(home, 'bin', 'java') : undefined],
    ['PATH', await onPath('java')],
  ];
  for (const [place, program] of places) {
    const version = program && (await isExecutable(program)) ? await versionOf(program) : undefined;
    if (program && Number(version) >= OLDEST_JAVA) return program;
    failures.push(`${place}: ${version ? `version ${version}` : 'none'}`);
  }
  throw new MillraceError(
    serverErrors.SERVER_UNAVAILABLE,
    `No Java ${OLDEST_JAVA} or later to run Kafka with (${failures.join('; ')}). Install one (Debian and Ubuntu: ` +
      'apt-get install openjdk-17-jre-headless, or a later one; macOS: brew install openjdk), and put java on PATH or set JAVA_HOME.',
    { context: { failures } },
  );
}

/** Releases before 9 do not know the option, and some systems have a `java` that only says how to get one. */
async function versionOf(program: string): Promise<string | undefined> {
  const said = await output(program, ['--version']).catch(() => '');
  return /^\S+ (\d+)/.exec(said)?.[1];
}
