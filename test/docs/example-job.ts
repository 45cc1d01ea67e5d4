import { BSON } from 'bson';
import { canonical } from '#extended-json';
import { readable } from '../../apps/millrace/extended-json.js';
import { oracleJob } from '../oracle/index.js';

/** The job of one example, loaded and following its source. */
export interface ExampleJob extends AsyncDisposable {
  /** Resolves when the documents have followed. */
  change(sql: string): Promise<void>;
  /** As `preview` prints them, in the order of `_id`. */
  documents(collection: string, canonical: boolean): Promise<string>;
  /** `collection key code`, a line each. */
  letters(): Promise<string>;
  /** What `check` says of the mapping, a line each; not what it says of the servers. */
  findings(): Promise<string>;
}

const OF_THE_SERVERS = new Set(['source', 'target', 'job']);

/** `job`: the job file from `collections` on, or with other keys before it. */
export async function exampleJob(schema: string, job: string): Promise<ExampleJob> {
  const [more = '', collections = ''] = job.split(/^collections:\n/m);
  const running = await oracleJob({ schema, more, collections });
  try {
    await running.load();
  } catch (error) {
    await running[Symbol.asyncDispose]();
    throw error;
  }
  return {
    change: async (sql) => {
      await running.pg.exec(sql);
      await running.synced();
    },
    documents: async (collection, exact) => {
      const found = running.mongo.db.collection(collection).find({}, { raw: true, sort: { _id: 1 } });
      const documents = (await found.toArray()).map((bytes) =>
        BSON.deserialize(bytes as unknown as Uint8Array, {
          promoteValues: false,
          promoteBuffers: false,
          bsonRegExp: true,
        }),
      );
      return documents
        .map((document) => `${exact ? fieldPerLine(canonical(document)) : readable(document)}\n`)
        .join('');
    },
    letters: async () => {
      const letters = await running.letters();
      const lines = letters.map(({ collection, key, code }) => `${collection} ${JSON.stringify(key)} ${code}\n`);
      return lines.sort().join('');
    },
    findings: async () => {
      const findings = (await running.commands.check()).filter(({ object }) => !OF_THE_SERVERS.has(object));
      const lines = findings.map(({ severity, code, object }) => `${severity} ${code} ${object}\n`);
      return [...new Set(lines)].sort().join('');
    },
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  };
}

function fieldPerLine(document: unknown): string {
  const fields = Object.entries(document as object).map(
    ([name, value]) => `  ${JSON.stringify(name)}: ${JSON.stringify(value)}`,
  );
  return `{\n${fields.join(',\n')}\n}`;
}
