import pg from 'pg';

/** A session of an application, with a transaction if it begins one. */
export interface Session extends AsyncDisposable {
  /** One statement; gives its rows. */
  run<R = Record<string, unknown>>(sql: string, params?: unknown[]): Promise<R[]>;
}

export async function sessionOn({ uri }: { uri: string }): Promise<Session> {
  const client = new pg.Client({ connectionString: uri });
  client.on('error', () => {});
  await client.connect();
  return {
    run: async <R>(sql: string, params?: unknown[]) => (await client.query(sql, params)).rows as R[],
    [Symbol.asyncDispose]: () => client.end(),
  };
}

/** What a statement fails with, as SQLSTATE. */
export async function sqlStateOf(work: Promise<unknown>): Promise<string | undefined> {
  try {
    await work;
  } catch (error) {
    return (error as { code?: string }).code;
  }
  throw new Error('it did not fail');
}
