import type { CaptureNames } from '#sources';
import type { Kernel } from '../kernel/index.js';
import { type ServerOptions, SimServer } from './server/server.js';
import { type SimRow, SimTable, type SimTableSpec } from './server/table.js';
import type { SimTransaction } from './server/transaction.js';

export interface FailOver {
  /** So many of the transactions that were written last the new primary never received. */
  lacking?: number;
  /** Whether it has the slots. */
  slots?: 'kept' | 'lost';
  /** Another system altogether (a restore): not only another timeline. */
  system?: string;
  downMs?: number;
}

/**
 * A PostgreSQL server of the simulated world, for whoever drives it: workloads write to it at once, without a network,
 * faults befall it, checks look at it. Processes reach it through a `SimSource`.
 *
 * Of each transaction it keeps apart, as events with anything between: written to the log, flushed (streamed from then on),
 * in the commit log, visible. So it can be streamed long before it can be read, and the other way round.
 */
export class SimPostgres {
  readonly server: SimServer;

  constructor(kernel: Kernel, options: ServerOptions = {}) {
    this.server = new SimServer(kernel, options);
  }

  createTable(spec: SimTableSpec): SimTable {
    return this.server.addTable((oid) => new SimTable(oid, spec));
  }

  /** By what applications know them by. */
  columnsOf(name: string): string[] {
    return this.table(name).shape.columns.map(({ spec }) => spec.name);
  }

  /** Told of each version of a row that anyone makes. */
  onVersion(listener: (row: Record<string, string | null>) => void): void {
    for (const table of this.server.tables.values()) table.onVersion = (values) => listener(table.rowOf(values));
  }

  begin(): SimTransaction {
    return this.server.begin();
  }

  /** What of a table is in the log for good, in the order of its key: what everybody will see once nothing is under way. */
  rows(name: string): Record<string, string | null>[] {
    const table = this.table(name);
    return table.finally().map((values) => table.rowOf(values));
  }

  /** As the engine has it. */
  keyOf(name: string, row: SimRow): string {
    const table = this.table(name);
    return table.keyOf(table.valuesOf(row));
  }

  /** Whether no transaction is open or on its way, and no stream misses anything. */
  isQuiet(): boolean {
    return this.server.isQuiet;
  }

  /** Something that no publication has takes place in the log. */
  writeElsewhere(bytes: number): void {
    this.server.wal.write(bytes);
    this.server.wal.flush();
  }

  slotNames(): string[] {
    return this.server.slots.names();
  }

  publicationNames(): string[] {
    return this.server.publications.names();
  }

  /** The server invalidates a slot. */
  loseSlot({ slot }: Pick<CaptureNames, 'slot'>, reason: string): void {
    this.server.kernel.note(`the slot is lost: ${reason}`);
    this.server.slots.lose(slot, reason);
  }

  /** All connections and open transactions end; what is in the log stands. Slots may know less of what was confirmed. */
  restart({ downMs = 0 }: { downMs?: number } = {}): void {
    this.server.kernel.note('the source starts again');
    this.server.stop(downMs);
    this.server.slots.startAgain();
  }

  /** A standby takes over: another timeline. */
  failOver({ lacking = 0, slots = 'lost', system, downMs = 0 }: FailOver = {}): void {
    const { server } = this;
    server.kernel.note(`the source fails over, ${lacking} transaction(s) are lost`);
    server.stop(downMs);
    server.forget(lacking);
    const { identity } = server;
    server.identity = {
      ...identity,
      history: String(Number(identity.history) + 1),
      ...(system === undefined ? {} : { system }),
    };
    if (slots === 'lost') server.slots.clear();
  }

  table(name: string): SimTable {
    const table = this.server.tables.get(name);
    if (!table) throw new Error(`there is no table ${name}`);
    return table;
  }
}
