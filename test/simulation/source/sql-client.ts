import type { SimTimers } from '../kernel/index.js';
import { type SimColumnSpec, type SimPostgres, type SimRow, type SimTransaction, StatementFailed } from './index.js';
import type { SimType, SimValue } from './server/values.js';

/** An application that writes in the few shapes of SQL that the sources' conformance kit has. */
export class SqlClient {
  constructor(
    private readonly postgres: SimPostgres,
    private readonly timers: SimTimers,
  ) {}

  /** In one transaction, made anew where another one is in its way. */
  async transaction(statements: readonly string[], end: 'COMMIT' | 'ROLLBACK' = 'COMMIT'): Promise<void> {
    for (;;) {
      try {
        const transaction = this.postgres.begin();
        for (const sql of statements) this.execute(transaction, sql);
        return end === 'COMMIT' ? await transaction.commit() : transaction.rollback();
      } catch (error) {
        if (!(error instanceof StatementFailed) || error.reason !== 'locked') throw error;
        await this.timers.wait(1);
      }
    }
  }

  private execute(transaction: SimTransaction, sql: string): void {
    for (const [shape, run] of this.shapes) {
      const match = shape.exec(sql);
      if (match) return run(transaction, ...match.slice(1));
    }
    throw new SyntaxError(`not a statement of the kit: ${sql}`);
  }

  private readonly shapes: [RegExp, (transaction: SimTransaction, ...parts: string[]) => void][] = [
    [/^CREATE TABLE (\w+) \((.*)\)$/, (_, table = '', parts = '') => this.createTable(table, parts)],
    [/^INSERT INTO (\w+) VALUES (.*)$/, (tx, table = '', rows = '') => this.insert(tx, table, rows)],
    [
      /^UPDATE (\w+) SET (.*) WHERE (.*)$/,
      (tx, table = '', set = '', where = '') =>
        void tx.update(table, equalities(where), (row) => assignments(set, row)),
    ],
    [/^DELETE FROM (\w+) WHERE (.*)$/, (tx, table = '', where = '') => void tx.delete(table, equalities(where))],
    [/^TRUNCATE TABLE (\w+)$/, (tx, table = '') => tx.truncate(table)],
  ];

  private createTable(name: string, parts: string): void {
    const columns: SimColumnSpec[] = [];
    let key: string[] = [];
    for (const part of listed(parts)) {
      const [, keyColumns] = /^PRIMARY KEY \((.*)\)$/.exec(part) ?? [];
      if (keyColumns !== undefined) {
        key = listed(keyColumns);
        continue;
      }
      const [, column = '', type = '', primary] = /^(\w+) (\S+)( PRIMARY KEY)?$/.exec(part) ?? [];
      columns.push({ name: column, type: typeOf(type) });
      if (primary) key = [column];
    }
    this.postgres.createTable({ name, columns, key });
  }

  private insert(transaction: SimTransaction, table: string, rows: string): void {
    const names = this.postgres.columnsOf(table);
    for (const row of listed(rows)) {
      const values = listed(row.slice(1, -1)).map(literal);
      transaction.insert(table, Object.fromEntries(names.map((name, i) => [name, values[i] ?? null])));
    }
  }
}

/** Parted by commas that stand in no parentheses and in no text. */
function listed(text: string): string[] {
  return (text.match(/(?:'[^']*'|\([^()]*\)|[^,'()])+/g) ?? []).map((part) => part.trim());
}

function literal(text: string): SimValue {
  return text === 'NULL' ? null : text.startsWith("'") ? text.slice(1, -1) : text;
}

function equalities(text: string): SimRow {
  return Object.fromEntries(text.split(' AND ').map((part) => assigned(part, {})));
}

function assignments(text: string, row: SimRow): SimRow {
  return Object.fromEntries(listed(text).map((part) => assigned(part, row)));
}

/** `a = 1`, or `a = a + 1`. */
function assigned(text: string, row: SimRow): [string, SimValue] {
  const [, column = '', value = ''] = /^(\w+) = (.*)$/.exec(text) ?? [];
  const [, base, by] = /^(\w+) \+ (\d+)$/.exec(value) ?? [];
  if (base === undefined) return [column, literal(value)];
  const before = row[base] ?? null;
  return [column, before === null ? null : Number(before) + Number(by)];
}

function typeOf(type: string): SimType {
  if (type === 'int') return 'int';
  return type.startsWith('varchar') ? 'text' : (type as SimType);
}
