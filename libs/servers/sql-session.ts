import pg from 'pg';

/** A connection as an application has it, to a server that was started here: for the demo's shop. */
export interface SqlSession {
  /** One statement, or several without parameters; gives the rows (of the last one). */
  query(sql: string, parameters?: unknown[]): Promise<Record<string, unknown>[]>;
  close(): Promise<void>;
}

export async function openSqlSession(uri: string): Promise<SqlSession> {
  const client = new pg.Client({ connectionString: uri });
  client.on('error', () => {}); // The next statement fails and says so.
  await client.connect();
  return {
    query: async (sql, parameters) => {
      const results: pg.QueryResult | pg.QueryResult[] = await client.query(sql, parameters);
      const last = Array.isArray(results) ? results.at(-1) : results;
      return (last?.rows ?? []) as Record<string, unknown>[];
    },
    close: () => client.end(),
  };
}
