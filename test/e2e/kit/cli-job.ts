import { type TestMongo, type TestPostgres, testMongo, testPostgres } from '#testing';
import { type CliContext, cliContext } from '../run-cli.js';

export interface CliJob extends AsyncDisposable {
  cli: CliContext;
  postgres: TestPostgres;
  mongo: TestMongo;
  /** The job's. */
  file: string;
}

/** A job for the command line, on a source of its own that this SQL makes; the rest of the job file as its text. */
export async function cliJob(sql: string, rest: string): Promise<CliJob> {
  const [cli, postgres, mongo] = await Promise.all([cliContext(), testPostgres(), testMongo()]);
  await postgres.exec(sql);
  const file = await cli.file(
    'job.yaml',
    `job: ${mongo.job}
source: { kind: postgres, uri: "${postgres.uri}" }
target: { uri: "${mongo.uri}", database: ${mongo.database} }
${rest}
`,
  );
  return {
    cli,
    postgres,
    mongo,
    file,
    async [Symbol.asyncDispose]() {
      await cli.run(['reset', '--yes', file]);
      await mongo[Symbol.asyncDispose]();
      await postgres[Symbol.asyncDispose]();
      await cli[Symbol.asyncDispose]();
    },
  };
}
