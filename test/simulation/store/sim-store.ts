import { JOB } from '#stage';
import {
  type CollectionRef,
  type Doc,
  DocumentRefused,
  type Store,
  type StoreDescription,
  type StoreReader,
  type StoreTime,
  type StoreTransaction,
  type StoreWriter,
} from '#store';
import { DirectWriter } from '../../../libs/store/mongodb/direct-writer.js';
import { type Kernel, type SimProcess, type SimTimers, simTimers } from '../kernel/index.js';
import { Client, type OnRetry } from './client.js';
import type { Member } from './member.js';
import { count } from './queries.js';
import type { SimMongo } from './sim-mongo.js';
import { majorityReads, SimReader } from './sim-reader.js';
import { SimTransactor } from './sim-transactor.js';
import { Intake } from './stored.js';

export interface SimStoreOptions {
  kernel: Kernel;
  mongo: SimMongo;
  process: SimProcess;
  /** Tells jobs apart. */
  stateDatabase: string;
  targetDatabase: string;
  timers?: SimTimers;
  onRetry?: OnRetry;
}

/** What one process opens on the replica set: behaves as the adapter on a real one. */
export class SimStore implements Store {
  readonly read: StoreReader;
  readonly write: StoreWriter;
  private readonly mongo: SimMongo;
  private readonly client: Client;
  private readonly transactor: SimTransactor;

  constructor({ kernel, mongo, process, ...options }: SimStoreOptions) {
    const { timers = simTimers(kernel, process), onRetry = () => undefined, ...names } = options;
    this.mongo = mongo;
    this.client = new Client({ kernel, mongo, process, timers, onRetry, ...names });
    this.transactor = new SimTransactor(this.client);
    this.read = new SimReader(majorityReads(this.client));
    this.write = new DirectWriter(this.transactor);
  }

  transact<T>(label: string, work: (tx: StoreTransaction) => Promise<T>, signal?: AbortSignal): Promise<T> {
    return this.transactor.transact(label, work, signal);
  }

  async createCollection({ database, name }: CollectionRef): Promise<void> {
    const at = this.client.databaseOf(database);
    await this.client.change(`create ${name}`, () => this.mongo.create(at, name));
  }

  async createIndex({ database, name }: CollectionRef, field: string, { thenId = false } = {}): Promise<void> {
    const at = this.client.databaseOf(database);
    const index = `${field}_1${thenId ? '__id_1' : ''}`;
    await this.client.change(`createIndex ${name}`, () => this.mongo.createIndex(at, name, index));
  }

  async foresee(collection: CollectionRef, docs: readonly Doc[]): Promise<DocumentRefused[]> {
    const { name } = collection;
    const sent = docs.map((doc) => new Intake().document(doc));
    const message = `${name}: the collection’s validation refuses it`;
    try {
      return await this.client.call(`foresee ${name}`, () =>
        sent.flatMap((doc, place) =>
          this.mongo.isRefused(name, doc) ? [new DocumentRefused('validation', collection, place, message)] : [],
        ),
      );
    } catch {
      return [];
    }
  }

  uniqueIndexes({ database, name }: CollectionRef): Promise<string[]> {
    return this.asked(`indexes ${name}`, (member) => {
      const { uniqueIndexes = [] } = this.collection(member, database, name) ?? {};
      return uniqueIndexes.map((index) => index.name);
    });
  }

  async drop({ database, name }: CollectionRef): Promise<void> {
    const at = this.client.databaseOf(database);
    await this.client.change(`drop ${name}`, () => this.mongo.drop(at, name));
  }

  /** Collection by collection, as a database goes. The job's own comes last: no server stops in the midst of it, and nobody makes it anew meanwhile. */
  async dropState(): Promise<void> {
    const database = this.client.databaseOf('state');
    const others = (await this.collections('state')).filter((name) => name !== JOB.name);
    for (const name of others) await this.client.change('drop the state', () => this.mongo.drop(database, name));
    await this.client.change('drop the state', () => this.mongo.drop(database));
  }

  collections(database: CollectionRef['database']): Promise<string[]> {
    return this.asked('collections', (member) =>
      this.mongo.catalogue
        .thereAt(this.client.databaseOf(database), this.mongo.newest(member))
        .map((collection) => collection.name),
    );
  }

  estimatedCount({ database, name }: CollectionRef): Promise<number> {
    return this.asked(`count ${name}`, (member) => {
      const at = this.mongo.newest(member);
      return count({ collection: this.collection(member, database, name), doc: (entry) => entry.at(at) });
    });
  }

  time(): StoreTime | undefined {
    return this.client.time === 0 ? undefined : String(this.client.time);
  }

  reach(time: StoreTime): void {
    this.client.observe(Number(time));
  }

  describe(): Promise<StoreDescription> {
    return this.asked('describe', () => ({ version: '8.0.0', topology: 'replicaSet' as const, historySeconds: 300 }));
  }

  async endAbandoned(idleMs = 0): Promise<void> {
    const { client, mongo } = this;
    await client.call('end abandoned', (member) => mongo.endIdle(member, client.job, idleMs)).catch(() => undefined);
  }

  async close(): Promise<void> {
    this.client.close();
  }

  private collection(member: Member, database: CollectionRef['database'], name: string) {
    return this.mongo.catalogue.at(this.client.databaseOf(database), name, this.mongo.newest(member));
  }

  private asked<T>(label: string, answer: (member: Member) => T): Promise<T> {
    return this.client.repeat(label, (member) => member.once(this.client.time, () => answer(member)));
  }
}
