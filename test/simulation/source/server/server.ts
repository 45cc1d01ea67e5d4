import type { TablePlan } from '#model';
import type { SourceIdentity } from '#sources';
import type { Kernel, Random } from '../../kernel/index.js';
import type { CommitOptions } from './commit-steps.js';
import { Publications } from './publications.js';
import { ServerError } from './server-error.js';
import { type Session, Sessions } from './sessions.js';
import { Slots } from './slots.js';
import { ExportedSnapshots } from './snapshots.js';
import type { SimTable, Values } from './table.js';
import { SimTransaction } from './transaction.js';
import { Transactions } from './transactions.js';
import { Waits } from './waits.js';
import { Wal, type WalTransaction } from './wal.js';
import { WalSender, type WalSenderParts } from './wal-sender.js';

export interface ServerOptions {
  /** How a transaction commits that does not say so itself. At once, one step after the other, where absent. */
  commitOptions?: (random: Random) => CommitOptions;
  /** The first transaction's id; near the end of the first 2^32, where absent. */
  firstTransaction?: bigint;
  /** Of a stream's messages that are sent at once. */
  mostMessages?: number;
  /** So long it takes at most until the next messages of a stream are decoded; at once where absent. */
  decodesWithinMs?: () => number;
}

const OID_OF_FIRST_TABLE = 16_384;
const STOPPED = new ServerError('57P01', 'the server was stopped');

/** What all connections share. Its methods are what statements do, each at one moment. */
export class SimServer {
  /** By what applications know them by. */
  readonly tables = new Map<string, SimTable>();
  readonly transactions: Transactions;
  readonly wal = new Wal(() => this.pump());
  readonly publications = new Publications(this.wal);
  readonly exported = new ExportedSnapshots();
  readonly sessions: Sessions;
  readonly slots: Slots;
  readonly waits: Waits;
  identity: SourceIdentity = { system: '7301294857223098112', history: '1', version: '17.2' };
  private readonly random: Random;
  private readonly open = new Set<SimTransaction>();
  /** By the place of their commits. */
  private readonly written: SimTransaction[] = [];
  private readonly senders = new Set<WalSender>();
  private isDown = false;

  constructor(
    readonly kernel: Kernel,
    private readonly options: ServerOptions,
  ) {
    this.random = kernel.random.fork();
    this.transactions = new Transactions(options.firstTransaction ?? 2n ** 32n - 40n);
    this.sessions = new Sessions(kernel, this.random);
    this.slots = new Slots(this.wal, this.transactions, this.random);
    this.waits = new Waits(kernel);
  }

  begin(): SimTransaction {
    const { kernel, wal, transactions, tables } = this;
    const transaction = new SimTransaction({
      kernel,
      wal,
      transactions,
      tables,
      isRead: (table) => this.sessions.isRead(table),
      commitOptions: () => this.options.commitOptions?.(this.random) ?? {},
      written: () => this.written.push(transaction),
      ended: () => {
        this.open.delete(transaction);
        this.waits.transactionEnded();
      },
    });
    this.open.add(transaction);
    return transaction;
  }

  addTable(make: (oid: number) => SimTable): SimTable {
    const table = make(OID_OF_FIRST_TABLE + this.tables.size);
    const { name } = table.spec;
    if (this.tables.has(name)) throw new Error(`the table ${name} exists`);
    this.tables.set(name, table);
    return table;
  }

  tableOf({ sourceId, name }: Pick<TablePlan, 'sourceId' | 'name'>): SimTable {
    const table = [...this.tables.values()].find(({ oid }) => String(oid) === sourceId);
    if (table?.shownShape.name !== name) throw new ServerError('42P01', `the table ${name} does not exist`);
    return table;
  }

  /** In the session's snapshot, or in one of this moment. Undefined: it has to wait, since the table is being emptied. */
  read(session: Session, table: SimTable, isWanted?: (row: Values) => boolean): Values[] | undefined {
    if (table.lockedBy) return undefined;
    if (session.snapshot) session.reads.add(table);
    return table.seenIn(session.snapshot ?? this.transactions.snapshot(), isWanted);
  }

  stream(session: Session, names: { slot: string; publication: string }, receiver: WalSenderParts['receiver']) {
    const slot = this.slots.use(session, names.slot);
    const { kernel, random, wal } = this;
    const publication = (transaction: WalTransaction) => this.publications.at(names.publication, transaction);
    const { mostMessages = 16, decodesWithinMs = () => 0 } = this.options;
    const parts = { kernel, random, wal, publication, receiver, mostMessages, decodesWithinMs };
    const sender = new WalSender(parts, session, slot);
    this.senders.add(sender);
    session.onEnd(() => this.senders.delete(sender));
    sender.pump();
    return { sender, slot };
  }

  throwIfDown(): void {
    if (this.isDown) throw new ServerError('57P03', 'the server is starting up');
  }

  get isQuiet(): boolean {
    return this.open.size === 0 && this.wal.hasFlushedAll;
  }

  /** What is in the log stands, even where nobody was told so; all else is undone. */
  stop(downMs: number): void {
    this.sessions.endAll(STOPPED);
    for (const transaction of [...this.open]) transaction.finish();
    this.wal.flush();
    this.exported.startAgain();
    if (downMs <= 0) return;
    this.isDown = true;
    this.kernel.schedule(this.kernel.servers, 'the server is up', () => (this.isDown = false), downMs);
  }

  /** As though the last ones to be written had never been. */
  forget(count: number): void {
    for (const transaction of this.written.splice(Math.max(0, this.written.length - count)).reverse())
      transaction.undo();
    this.wal.cut(count);
    this.publications.cut();
  }

  private pump(): void {
    for (const sender of this.senders) sender.pump();
  }
}
