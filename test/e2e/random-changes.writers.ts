import pg from 'pg';
import { Random } from '../simulation/kernel/index.js';
import { transaction } from './random-changes.statements.js';

const CONNECTIONS = 4;

/** Of constraints and deadlocks: part of life. What is wrong with a statement itself is not. */
const EXPECTED = ['23502', '23503', '23505', '40P01'];

/** Any statements on the schema of random changes, from several connections. */
export class Writers {
  private readonly chances: Random[];

  private constructor(
    private readonly clients: pg.Client[],
    seed: number,
  ) {
    this.chances = clients.map((_, i) => new Random(seed * 1_000 + i));
  }

  static async connect(uri: string, seed: number): Promise<Writers> {
    const clients = Array.from({ length: CONNECTIONS }, () => new pg.Client({ connectionString: uri }));
    // A server that was killed shows at the next statement.
    for (const client of clients) client.on('error', () => undefined);
    await Promise.all(clients.map((client) => client.connect()));
    return new Writers(clients, seed);
  }

  /** So many transactions, on all connections side by side. */
  async go(transactions: number): Promise<void> {
    const share = async (client: pg.Client, chance: Random) => {
      for (let i = 0; i < transactions / CONNECTIONS; i++) await this.one(client, transaction(chance));
    };
    await Promise.all(this.clients.map((client, i) => share(client, this.chances[i] as Random)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.clients.map((client) => client.end()));
  }

  private async one(client: pg.Client, sql: string): Promise<void> {
    try {
      await client.query(sql);
    } catch (error) {
      if (!EXPECTED.includes((error as { code?: string }).code ?? '')) throw error;
      await client.query('ROLLBACK');
    }
  }
}
