import { setMaxListeners } from 'node:events';
import { MillraceError } from '#errors';
import type { Document, MongoClient } from 'mongodb';
import type {
  CollectionRef,
  Doc,
  DocumentRefused,
  Store,
  StoreDescription,
  StoreReader,
  StoreTime,
  StoreTransaction,
  StoreWriter,
} from '../store.js';
import { endAbandoned } from './abandoned.js';
import { pauses, sleep } from './backoff.js';
import { Databases } from './databases.js';
import { DirectWriter } from './direct-writer.js';
import { CODE, codeOf } from './failures.js';
import { MONGODB_ERRORS } from './mongodb.codes.js';
import { MongoReader } from './mongo-reader.js';
import { OperationClock } from './operation-clock.js';
import { type OnRetry, type RepeatContext, repeat } from './repeats.js';
import { Transactor } from './transactor.js';
import { refusedByValidator } from './validators.js';

export interface MongoStoreParts {
  client: MongoClient;
  stateDatabase: string;
  targetDatabase: string;
  onRetry: OnRetry;
  random: () => number;
}

/**
 * WiredTiger writes whole pages: of a collection in which rows are changed here and there, one of 32 KiB (its default) for
 * each changed row. With a quarter of that, MongoDB takes a tenth less processor time for a steady stream of changes and
 * stalls for less (`npm run bench -- --only latency`); smaller allocations keep the rounding up of small pages low. It
 * takes half as much room again on disk.
 */
const SMALL_PAGES = 'leaf_page_max=8KB,allocation_size=512B';

/** For what is under way then; the target may be away. */
const CLOSES_WITHIN_MS = 1_000;

const HISTORY = 'minSnapshotHistoryWindowInSeconds';

/**
 * The store in MongoDB. All reads go to the primary. A read outside of a transaction has read concern majority in a
 * session that starts from the operation time of the newest thing that this store did (see `OperationClock`); since all
 * its writes are majority writes, such a read sees every one of them, and nothing that a fail-over could take back.
 */
export class MongoStore implements Store {
  readonly read: StoreReader;
  readonly write: StoreWriter;
  readonly #client: MongoClient;
  readonly #databases: Databases;
  readonly #context: RepeatContext;
  readonly #transactor: Transactor;
  readonly #closing = new AbortController();

  constructor({ client, onRetry, random, ...names }: MongoStoreParts) {
    this.#client = client;
    this.#databases = new Databases(client, names);
    const closed = this.#closing.signal;
    setMaxListeners(0, closed);
    this.#context = { client, clock: new OperationClock(), pauses: pauses(random), onRetry, closed };
    this.read = new MongoReader(this.#databases, (call) => repeat(this.#context, 'read', call), 'majority');
    this.#transactor = new Transactor(this.#databases, this.#context);
    this.write = new DirectWriter(this.#transactor);
  }

  transact<T>(label: string, work: (tx: StoreTransaction) => Promise<T>, signal?: AbortSignal): Promise<T> {
    return this.#transactor.transact(label, work, signal);
  }

  /** A server that will not have the small pages (another storage engine, a service's rules) makes its own. */
  async createCollection({ database, name }: CollectionRef, { changedByKey = false } = {}): Promise<void> {
    if (changedByKey) {
      const storageEngine = { wiredTiger: { configString: SMALL_PAGES } };
      try {
        return await this.#command(database, { create: name, storageEngine }, [CODE.namespaceExists]);
      } catch {
        this.#closing.signal.throwIfAborted();
      }
    }
    await this.#command(database, { create: name }, [CODE.namespaceExists]);
  }

  /** By default the server would wait for every voting member, also for one that is away. */
  async createIndex(collection: CollectionRef, field: string, { thenId = false } = {}): Promise<void> {
    const fields = thenId ? [field, '_id'] : [field];
    const key = Object.fromEntries(fields.map((name) => [name, 1]));
    const index = { key, name: fields.map((name) => `${name}_1`).join('_') };
    const command = { createIndexes: collection.name, indexes: [index], commitQuorum: 'majority' };
    await this.#command(collection.database, command);
  }

  async foresee(collection: CollectionRef, docs: readonly Doc[]): Promise<DocumentRefused[]> {
    return refusedByValidator(this.#databases.database(collection.database), collection, docs).catch(() => []);
  }

  async uniqueIndexes(collection: CollectionRef): Promise<string[]> {
    const indexes = await repeat(this.#context, 'indexes', async (call) => {
      try {
        return await this.#databases
          .collection(collection)
          .listIndexes({ ...call })
          .toArray();
      } catch (error) {
        if (codeOf(error) === CODE.namespaceNotFound || codeOf(error) === CODE.commandNotSupportedOnView) return [];
        throw error;
      }
    });
    return indexes.filter(({ unique }) => unique === true).map(({ name }) => String(name));
  }

  async drop(collection: CollectionRef): Promise<void> {
    await this.#command(collection.database, { drop: collection.name }, [CODE.namespaceNotFound]);
  }

  async dropState(): Promise<void> {
    await this.#command('state', { dropDatabase: 1 }, [CODE.namespaceNotFound]);
  }

  /** Views too; what MongoDB keeps for itself (`system.…`) not. */
  async collections(database: CollectionRef['database']): Promise<string[]> {
    const found = await repeat(this.#context, 'collections', (call) =>
      this.#databases
        .database(database)
        .listCollections({}, { nameOnly: true, ...call })
        .toArray(),
    );
    return found.map(({ name }) => name).filter((name) => !name.startsWith('system.'));
  }

  estimatedCount(collection: CollectionRef): Promise<number> {
    return repeat(this.#context, 'count', (call) =>
      this.#databases.collection(collection).estimatedDocumentCount({ ...call }),
    );
  }

  time(): StoreTime | undefined {
    return this.#context.clock.time();
  }

  reach(time: StoreTime): void {
    this.#context.clock.reach(time);
  }

  async describe(): Promise<StoreDescription> {
    const admin = this.#client.db('admin');
    const hello = await repeat(this.#context, 'describe', (call) => admin.command({ hello: 1 }, call));
    const build = await repeat(this.#context, 'describe', (call) => admin.command({ buildInfo: 1 }, call));
    const historySeconds = await this.#historySeconds();
    const history = historySeconds === undefined ? {} : { historySeconds };
    return { version: String(build.version), topology: topologyOf(hello), ...history };
  }

  /** A router has no such setting, and a user of little rights may not ask for it. */
  async #historySeconds(): Promise<number | undefined> {
    try {
      const asked = { getParameter: 1, [HISTORY]: 1 };
      const found = await repeat(this.#context, 'describe', (call) => this.#client.db('admin').command(asked, call));
      return Number.isFinite(found[HISTORY]) ? Number(found[HISTORY]) : undefined;
    } catch {
      this.#closing.signal.throwIfAborted();
      return undefined;
    }
  }

  endAbandoned(idleMs = 0): Promise<void> {
    return endAbandoned(this.#client, idleMs);
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort(new MillraceError(MONGODB_ERRORS.STORE_CLOSED, 'the connection to the target was closed'));
    const over = new AbortController();
    await Promise.race([this.#transactor.ended(), sleep(CLOSES_WITHIN_MS, [over.signal]).catch(() => undefined)]);
    over.abort();
    await this.#client.close();
  }

  /** For good: acknowledged by a majority, repeated while the failure is transient, and fine where it is so already. */
  async #command(database: CollectionRef['database'], command: Document, fine: readonly number[] = []): Promise<void> {
    await repeat(this.#context, Object.keys(command)[0] as string, async (call) => {
      try {
        await this.#databases.database(database).command({ ...command, writeConcern: { w: 'majority' } }, call);
      } catch (error) {
        if (!fine.includes(codeOf(error) ?? -1)) throw error;
      }
    });
  }
}

function topologyOf(hello: Document): StoreDescription['topology'] {
  if (hello.msg === 'isdbgrid') return 'sharded';
  return hello.setName === undefined ? 'standalone' : 'replicaSet';
}
