import pg from 'pg';
import { testPostgres } from '#testing';
import { type SourceContext, sourceConformance } from '../testing/source-conformance.js';
import { createPostgresSource } from './postgres-source.js';

for (const version of ['oldest', 'newest'] as const) {
  sourceConformance(`PostgreSQL (${version})`, () => open(version));
}

async function open(version: 'oldest' | 'newest'): Promise<SourceContext> {
  const database = await testPostgres({ version });
  const source = createPostgresSource(database.uri, { job: 'kit' });
  const name = `millrace_${database.database}_1`.slice(0, 63).toLowerCase();
  return {
    source,
    names: { slot: name, publication: name },
    qualified: (table) => `public.${table}`,
    exec: (sql) => database.exec(sql),
    transaction: (statements, end = 'COMMIT') => inTransaction(database.uri, statements, end),
    [Symbol.asyncDispose]: async () => {
      await source.close();
      await database[Symbol.asyncDispose]();
    },
  };
}

async function inTransaction(uri: string, statements: readonly string[], end: string): Promise<void> {
  const client = new pg.Client({ connectionString: uri });
  await client.connect();
  try {
    await client.query('BEGIN');
    for (const sql of statements) await client.query(sql);
    await client.query(end);
  } finally {
    await client.end();
  }
}
