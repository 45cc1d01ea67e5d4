import { existsSync } from 'node:fs';
import { readdir, realpath, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { MillraceError } from '#errors';
import { cacheFolder, onPath, output, provisioned } from './cache.js';
import { javaProgram } from './java.js';
import { serverErrors } from './servers.codes.js';

const PROVISIONED_VERSION = '4.1.0';
const OLDEST_MAJOR = 4;
/** Where distributions keep their jars, below the folder that holds their `bin`: Apache's, Homebrew's, Confluent's. */
const JAR_FOLDERS = ['libs', 'libexec/libs', 'share/java/kafka'];

/** What a Java program of Kafka is run with. */
export interface KafkaBinaries {
  java: string;
  classPath: string;
  version: string;
}

/**
 * Kafka out of the folder that MILLRACE_KAFKA_HOME names and out of no other where it is set; else the distribution whose
 * start script is on PATH; else from Maven Central.
 */
export async function kafkaBinaries(): Promise<KafkaBinaries> {
  const java = await javaProgram();
  const failures: string[] = [];
  const ways: [string, () => Promise<string | undefined>][] = process.env['MILLRACE_KAFKA_HOME']
    ? [['MILLRACE_KAFKA_HOME', async () => jarsBelow(process.env['MILLRACE_KAFKA_HOME'] ?? '')]]
    : [
        ['kafka-server-start.sh on PATH', installed],
        [`Kafka ${PROVISIONED_VERSION} by mvn`, fromMavenCentral],
      ];
  for (const [name, way] of ways) {
    try {
      const jars = await way();
      if (jars) return { java, classPath: join(jars, '*'), version: await versionIn(jars) };
      failures.push(`${name}: none`);
    } catch (error) {
      failures.push(`${name}: ${firstLine(error)}`);
    }
  }
  throw new MillraceError(
    serverErrors.SERVER_UNAVAILABLE,
    `No Kafka ${OLDEST_MAJOR} or later to start (${failures.join('; ')}). Unpack a distribution ` +
      '(https://kafka.apache.org/downloads) and name its folder by MILLRACE_KAFKA_HOME, or make Maven Central reachable ' +
      'and put mvn on PATH (Debian and Ubuntu: apt-get install maven; macOS: brew install maven).',
    { context: { failures } },
  );
}

/** Of a program's own words rather than of the command line that comes before them. */
function firstLine(error: unknown): string {
  const said = String((error as { stdout?: unknown }).stdout ?? '').trim();
  return (said || String(error instanceof Error ? error.message : error)).split('\n')[0] ?? '';
}

function jarsBelow(home: string): string | undefined {
  return JAR_FOLDERS.map((folder) => join(home, folder)).find(existsSync);
}

async function versionIn(jars: string): Promise<string> {
  const names = await readdir(jars);
  const version = names.map((name) => /^kafka-clients-(\d+\.\d+\.\d+.*)\.jar$/.exec(name)?.[1]).find(Boolean);
  if (!version || Number(version.split('.')[0]) < OLDEST_MAJOR) {
    throw new Error(`version ${version ?? 'unknown'} is older than ${OLDEST_MAJOR}`);
  }
  return version;
}

async function installed(): Promise<string | undefined> {
  for (const name of ['kafka-server-start.sh', 'kafka-server-start']) {
    const script = await onPath(name);
    const jars = script && jarsBelow(dirname(dirname(await realpath(script))));
    if (jars) return jars;
  }
  return undefined;
}

async function fromMavenCentral(): Promise<string> {
  const mvn = await onPath('mvn');
  if (!mvn) throw new Error('mvn is not on PATH');
  const folder = await provisioned(cacheFolder(), `kafka-${PROVISIONED_VERSION}`, async (into) => {
    await writeFile(join(into, 'pom.xml'), POM);
    const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', '-DoutputDirectory=libs'];
    await output(mvn, ['-q', '-B', ...goal], into);
  });
  return join(folder, 'libs');
}

const dependency = (group: string, artifact: string, version: string): string =>
  `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`;

/** The broker with what it depends on, and what makes its log say something. */
const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>millrace</groupId>
  <artifactId>kafka</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    ${dependency('org.apache.kafka', 'kafka_2.13', PROVISIONED_VERSION)}
    ${dependency('org.apache.logging.log4j', 'log4j-slf4j-impl', '2.24.3')}
  </dependencies>
</project>
`;
