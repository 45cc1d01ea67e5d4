import type { Kernel } from '../../kernel/index.js';
import { type CommitOptions, commitInSteps } from './commit-steps.js';
import { RowWrites } from './row-writes.js';
import type { SimRow, SimTable, Writer } from './table.js';
import type { Alteration } from './table-shape.js';
import type { Transactions } from './transactions.js';
import type { Wal } from './wal.js';

/** Of the server, what a transaction works on. */
export interface TransactionParts {
  kernel: Kernel;
  wal: Wal;
  transactions: Transactions;
  tables: ReadonlyMap<string, SimTable>;
  /** Whether a reader holds the table. */
  isRead(table: SimTable): boolean;
  /** Where `commit` is not told how. */
  commitOptions(): CommitOptions;
  written(): void;
  ended(): void;
}

/**
 * A transaction of an application, read committed. A statement is done when it is called; where it would have to wait for
 * another transaction it fails instead, and all is rolled back. What it wrote stays locked until the transaction is visible.
 */
export class SimTransaction implements Writer {
  /** 0 before it writes anything. */
  id = 0n;
  isWritten = false;
  isCommitted = false;
  isOver = false;
  private isCommitting = false;
  private readonly writes: RowWrites;
  private stopSteps = (): void => {};
  private acknowledge = (): void => {};

  constructor(private readonly parts: TransactionParts) {
    this.writes = new RowWrites(this, parts.wal, parts.tables);
  }

  insert(name: string, row: SimRow): void {
    this.statement([name], (table) => this.writes.insert(table, table.valuesOf(row)));
  }

  /** False where there is no such row. `set` may depend on the row as it is. */
  update(name: string, key: SimRow, set: SimRow | ((row: Record<string, string | null>) => SimRow)): boolean {
    return this.statement([name], (table) => {
      const version = this.writes.current(table, table.keyOf(table.valuesOf(key)));
      if (version)
        this.writes.update(table, version, typeof set === 'function' ? set(table.rowOf(version.values)) : set);
      return version !== undefined;
    });
  }

  /** With what foreign keys say of the rows that refer to it. False where there is no such row. */
  delete(name: string, key: SimRow): boolean {
    return this.statement([name], (table) => {
      const version = this.writes.current(table, table.keyOf(table.valuesOf(key)));
      if (version) this.writes.delete(table, version);
      return version !== undefined;
    });
  }

  /** With every table that refers to one of them. Whoever reads them later finds them empty, whatever its snapshot. */
  truncate(...names: string[]): void {
    this.statement(names, (...tables) => this.writes.truncate(tables, (table) => this.parts.isRead(table)));
  }

  /** Nobody else may be using the table. */
  alter(name: string, alteration: Alteration): void {
    this.statement([name], (table) => this.writes.alter(table, alteration, (each) => this.parts.isRead(each)));
  }

  /** `pg_logical_emit_message`, transactional. */
  message(prefix: string, content: string): void {
    this.statement([], () => this.writes.log({ kind: 'message', prefix, content }));
  }

  /** Begins the events of a commit; resolves when it is visible, which is when the application hears of it. */
  commit(options: CommitOptions = this.parts.commitOptions()): Promise<void> {
    this.throwIfNotOpen();
    this.isCommitting = true;
    const done = new Promise<void>((resolve) => {
      this.acknowledge = resolve;
    });
    if (this.id === 0n) this.end();
    else this.stopSteps = commitInSteps(this.parts.kernel, this.parts.wal, this.steps(), options);
    return done;
  }

  rollback(): void {
    this.throwIfNotOpen();
    this.undo();
    this.end();
  }

  /** The server stops: what is in the log stands, all else is undone. */
  finish(): void {
    if (this.isOver) return;
    this.stopSteps();
    if (this.isWritten) this.isCommitted = true;
    else this.undo();
    this.end();
  }

  /** Whatever it wrote; also long after it ended, where another server goes on that never had it. */
  undo(): void {
    this.writes.undoAll();
  }

  private steps() {
    const { kernel, wal } = this.parts;
    const { id, writes } = this;
    return {
      label: `transaction ${id}`,
      write: () => {
        this.isWritten = true;
        this.parts.written();
        const { firstLsn, changes } = writes;
        return wal.commit({ id, firstLsn, changes, committedAtMs: kernel.now() }).endLsn;
      },
      setCommitted: () => {
        this.isCommitted = true;
      },
      becomeVisible: () => this.end(),
    };
  }

  private statement<T>(names: readonly string[], run: (...tables: [SimTable, ...SimTable[]]) => T): T {
    this.throwIfNotOpen();
    try {
      const tables = names.map((name) => this.opened(name));
      if (this.id === 0n) this.id = this.parts.transactions.begin();
      return run(...(tables as [SimTable, ...SimTable[]]));
    } catch (error) {
      if (!this.isOver) this.rollback();
      throw error;
    }
  }

  private opened(name: string): SimTable {
    const table = this.parts.tables.get(name);
    if (!table) throw new Error(`there is no table ${name}`);
    this.writes.throwIfEmptied(table);
    return table;
  }

  private throwIfNotOpen(): void {
    if (this.isOver || this.isCommitting) throw new Error('the transaction has ended');
  }

  private end(): void {
    this.isOver = true;
    this.writes.unlock();
    if (this.id !== 0n) this.parts.transactions.end(this.id);
    this.parts.ended();
    this.acknowledge();
  }
}
