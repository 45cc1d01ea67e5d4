import type { Kernel, Random } from '../kernel/index.js';
import { Catalogue, Collection, type Entry } from './collection.js';
import { Member, NEVER } from './member.js';
import { NotPrimary, WriteConflict } from './server-failures.js';
import { ServerTransaction } from './server-transaction.js';
import { isDocument, type Stored } from './stored.js';

export interface SimMongoOptions {
  /**
   * This share of transactions reads the newest that the primary has instead of what a majority has: as MongoDB does, where
   * only the commit waits for the majority to have all that was read.
   */
  newestRead?: number;
  /** A transaction of more documents is too large. */
  maxTransactionWrites?: number;
}

/** Documents as they are kept: not to be changed; int64 is `Long`, an integral double `Double`, an ordered document a `Map`. */
export interface CommittedChange {
  database: string;
  collection: string;
  _id: unknown;
  before: Stored | undefined;
  after: Stored | undefined;
}

/** Which process sent a transaction, and what as. */
export interface Sender {
  process: string;
  label: string;
}

/** Told of whole transactions, and of what is no change. */
export interface MongoWatch {
  /** A majority has it. */
  committed(by: Sender, changes: readonly CommittedChange[]): void;
  /** A fail-over took back what it had committed: so many documents. */
  rolledBack(by: Sender, documents: number): void;
  /** It has read, on a primary that was deposed, a collection that the new one has something newer of. */
  readStale(by: Sender, collection: string): void;
  /** It was committed, and is asked to commit again, so many times by now. */
  askedAgain(by: Sender, times: number): void;
}

interface Written {
  collection: Collection;
  entry: Entry;
  before: Stored | undefined;
  after: Stored | undefined;
}

/** One entry of the log that the members of the replica set share. */
interface Logged {
  at: number;
  written: readonly Written[];
  by: Sender | undefined;
  undo(): void;
}

/** What a process knows of the replica set. */
export interface Connection {
  readonly name: string;
  term: number;
}

export interface FailOver {
  /** So many of the oldest entries that no majority was known to have the new primary has all the same. */
  kept?: number;
  /** For a while the former primary does not notice, and those that were connected to it neither. */
  unnoticed?: boolean;
  /** The only process that is not told at once. */
  unnoticedBy?: string;
  /** So long after it no member follows the new primary: it knows of no majority that has more. */
  aloneForMs?: number;
}

const NOTICED_WITHIN_MS = 10_000;
/** Of what a majority has, a new primary does not know it of so many entries at most. */
const UNKNOWN = 30;

/**
 * A replica set, with the databases of all jobs. What is written is there on the primary at once; a majority has it some time
 * later, an event of its own, and only then it is acknowledged and seen by others. A fail-over rolls back what a majority has
 * not got.
 */
export class SimMongo {
  readonly catalogue = new Catalogue();
  readonly maxTransactionWrites: number;
  primary = new Member(1, 0);
  /** Up to here a majority has what was written, whoever knows it. */
  private majority = 0;
  watch: MongoWatch | undefined;
  private deposed: Member | undefined;
  /** Before that no member follows the primary. */
  private followedFromMs = 0;
  /** Counts what was written: the time, as this server tells it. */
  private clock = 0;
  private log: Logged[] = [];
  private readonly random: Random;
  private readonly newestRead: number;
  private readonly open = new Set<ServerTransaction>();
  private readonly connections: Connection[] = [];
  private readonly rules = new Map<string, (doc: Stored) => boolean>();
  private readonly listeners: ((change: CommittedChange) => void)[] = [];

  constructor(
    private readonly kernel: Kernel,
    { newestRead = 0, maxTransactionWrites = NEVER }: SimMongoOptions = {},
  ) {
    this.random = kernel.random.fork();
    this.newestRead = newestRead;
    this.maxTransactionWrites = maxTransactionWrites;
  }

  now(): number {
    return this.kernel.now();
  }

  connect(name: string): Connection {
    const connection = { name, term: this.primary.term };
    this.connections.push(connection);
    return connection;
  }

  disconnect(connection: Connection): void {
    const place = this.connections.indexOf(connection);
    if (place >= 0) this.connections.splice(place, 1);
  }

  /** Whom a process reaches that sends something now: whom it takes for the primary. */
  reached(connection: Connection): Member {
    if (connection.term === this.primary.term) return this.primary;
    if (connection.term === this.deposed?.term) return this.deposed;
    connection.term = this.primary.term;
    throw new NotPrimary('not the primary any more');
  }

  begin(member: Member, job: string, by: Sender): ServerTransaction {
    const readsNewest = member.isPrimary && this.newestRead > 0 && this.random.chance(this.newestRead);
    const transaction = new ServerTransaction(this, { member, job, by }, readsNewest ? this.clock : member.majority);
    this.open.add(transaction);
    return transaction;
  }

  forget(transaction: ServerTransaction): void {
    this.open.delete(transaction);
  }

  /** What a process has not ended. */
  openOf(process: string): ServerTransaction[] {
    return [...this.open].filter(({ by }) => by.process === process);
  }

  /** Of what no majority is known to have, who sent it. */
  unreplicated(): Sender[] {
    return this.log.flatMap(({ by }) => by ?? []);
  }

  /** A reader that sees a deposed primary for the primary. */
  readOnDeposed({ by, snapshot }: ServerTransaction, database: string, name: string): void {
    const collection = this.catalogue.latest(database, name);
    if (this.watch === undefined || collection === undefined) return;
    for (const { changedAt } of collection.all()) if (changedAt > snapshot) return this.watch.readStale(by, name);
  }

  endIdle(member: Member, job: string, idleMs: number): void {
    for (const transaction of [...this.open])
      if (transaction.term === member.term && transaction.job === job && transaction.idleMs() >= idleMs)
        transaction.end();
  }

  /** All that the transaction wrote, on the primary; gives its time. */
  apply(transaction: ServerTransaction): number {
    const at = this.clock + 1;
    for (const collection of transaction.makes) {
      collection.madeAt = at;
      this.catalogue.add(collection);
    }
    const written: Written[] = [];
    for (const [entry, { collection, doc }] of transaction.writes) {
      const before = entry.at(at);
      if (before === undefined && doc === undefined) continue;
      written.push({ collection, entry, before, after: doc });
      entry.write(at, doc);
    }
    const undo = () => {
      for (const { entry } of written) entry.takeBack();
      for (const collection of transaction.makes) this.catalogue.remove(collection);
      transaction.state = 'rolled back';
    };
    return this.append(undo, written, transaction.by);
  }

  create(database: string, name: string): number {
    if (this.catalogue.latest(database, name) !== undefined) return this.clock;
    const made = this.catalogue.add(new Collection(database, name, this.clock + 1));
    return this.append(() => this.catalogue.remove(made));
  }

  createIndex(database: string, name: string, index: string): number {
    this.create(database, name);
    const collection = this.catalogue.latest(database, name) as Collection;
    if (collection.indexes.has(index)) return this.clock;
    this.lock(collection);
    collection.indexes.add(index);
    return this.append(() => collection.indexes.delete(index));
  }

  /** Of one collection, or of a whole database. */
  drop(database: string, name?: string): number {
    const there = this.catalogue.thereAt(database, this.clock);
    const dropped = there.filter((collection) => name === undefined || collection.name === name);
    for (const collection of dropped) this.lock(collection);
    if (dropped.length === 0) return this.clock;
    for (const collection of dropped) collection.droppedAt = this.clock + 1;
    return this.append(() => {
      for (const collection of dropped) collection.droppedAt = NEVER;
    });
  }

  /** The newest that a member has; of a deposed one, nothing that was rolled back. */
  newest(member: Member): number {
    return member.isPrimary ? this.clock : member.majority;
  }

  /** By which documents of collections of this name are refused from now on; undefined: by none. */
  refuse(collection: string, rule: ((doc: Stored) => boolean) | undefined): void {
    if (rule === undefined) this.rules.delete(collection);
    else this.rules.set(collection, rule);
  }

  isRefused(collection: string, doc: Stored): boolean {
    return this.rules.get(collection)?.(doc) ?? false;
  }

  /** As a user would, before the job begins. */
  makeUniqueIndex(database: string, name: string, field: string, index: string): void {
    const collection = this.catalogue.latest(database, name) ?? this.catalogue.add(new Collection(database, name, 0));
    collection.uniqueIndexes.push({ name: index, path: field.split('.') });
  }

  /** What a majority has, in the order of `_id`s, as it is kept: see `CommittedChange`. */
  committed(database: string, name: string): Stored[] {
    const time = this.majority;
    const entries = this.catalogue.at(database, name, time)?.sorted() ?? [];
    return entries.map((entry) => entry.at(time)).filter(isDocument);
  }

  /** Of those that a majority has. */
  collectionNames(database: string): string[] {
    return this.catalogue.thereAt(database, this.primary.majority).map(({ name }) => name);
  }

  /** Told of each document's change when a majority has it, in the order of the log; not of collections that are dropped. */
  onCommitted(listener: (change: CommittedChange) => void): void {
    this.listeners.push(listener);
  }

  failOver({ kept = 0, unnoticed = true, unnoticedBy, aloneForMs = 0 }: FailOver = {}): void {
    for (const { undo, by, written } of this.log.splice(kept).reverse()) {
      undo();
      if (by !== undefined && written.length > 0) this.watch?.rolledBack(by, written.length);
    }
    this.heal();
    const former = this.primary;
    former.isPrimary = false;
    for (const transaction of [...this.open]) if (transaction.term !== former.term) this.open.delete(transaction);
    this.deposed = former;
    // It has what a majority has, and may not know yet that one does: until one has something of its own term.
    const known = this.random.chance(0.5) ? this.majority : this.random.between(this.majority - UNKNOWN, this.majority);
    this.primary = new Member(former.term + 1, Math.max(0, known));
    this.followedFromMs = this.now() + aloneForMs;
    this.append(() => undefined);
    this.kernel.note(`a fail-over: term ${this.primary.term}`);
    if (!unnoticed) return this.heal();
    for (const connection of this.connections)
      if (unnoticedBy !== undefined && connection.name !== unnoticedBy) this.inform(connection);
      else this.later(`${connection.name} hears of it`, () => this.inform(connection));
    this.later('the former primary hears of it', () => {
      if (this.deposed === former) this.heal();
    });
  }

  /** The former primary, if there is one, hears that it is not. */
  heal(): void {
    const { deposed } = this;
    this.deposed = undefined;
    deposed?.stepDown();
  }

  private inform(connection: Connection): void {
    connection.term = this.primary.term;
  }

  private later(what: string, run: () => void): void {
    this.kernel.schedule(this.kernel.servers, what, run, this.random.below(NOTICED_WITHIN_MS));
  }

  /** A change of the collection itself waits for the transactions that use it. */
  private lock(collection: Collection): void {
    for (const transaction of [...this.open])
      if (transaction.holds(collection)) throw new WriteConflict('a transaction uses it');
  }

  private append(undo: () => void, written: readonly Written[] = [], by?: Sender): number {
    const at = ++this.clock;
    const { primary } = this;
    this.log.push({ at, written, by, undo });
    const replicate = () => {
      if (primary.isPrimary && at > this.majority) this.replicated(at);
    };
    const delayMs = Math.max(0, this.followedFromMs - this.now());
    this.kernel.schedule(this.kernel.servers, `a majority has ${at}`, replicate, delayMs);
    return at;
  }

  private replicated(time: number): void {
    const isNew = ({ at }: Logged) => at > time;
    const all = this.log;
    const rest = all.findIndex(isNew);
    this.log = rest < 0 ? [] : all.slice(rest);
    this.majority = time;
    for (const logged of rest < 0 ? all : all.slice(0, rest)) this.tell(logged);
    this.primary.advance(time);
  }

  private tell({ written, by }: Logged): void {
    const changes = written.map(({ collection, entry, before, after }) => ({
      database: collection.database,
      collection: collection.name,
      _id: entry.id,
      before,
      after,
    }));
    for (const change of changes) for (const listener of this.listeners) listener(change);
    if (by !== undefined) this.watch?.committed(by, changes);
  }
}
