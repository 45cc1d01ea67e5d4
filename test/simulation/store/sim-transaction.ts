import { type CollectionRef, type Doc, DocumentRefused, FenceMissing, type Patch, type StoreTransaction } from '#store';
import { BSON } from 'bson';
import type { Client } from './client.js';
import type { Member } from './member.js';
import { compareValues } from './order.js';
import { patched } from './patching.js';
import { answered } from './queries.js';
import { NoSuchTransaction, Refused } from './server-failures.js';
import type { ServerTransaction } from './server-transaction.js';
import { SimReader } from './sim-reader.js';
import { fieldOf, Intake, NotBson, type Stored } from './stored.js';

const MAX_BSON_BYTES = 16 * 1024 * 1024;
/** What is surely smaller is not measured. */
const MEASURED_FROM_BYTES = 1024 * 1024;

const WORDS: Record<DocumentRefused['kind'], string> = {
  duplicate: 'a unique index has its value already',
  validation: 'the collection’s validation refuses it',
  tooLarge: 'it is larger than MongoDB’s 16 MiB',
  other: 'it cannot be written as BSON',
};

/** A running transaction, as its process sees it. The first failure is kept: work that swallows it does not commit. */
export class SimTransaction extends SimReader implements StoreTransaction {
  failure: unknown;
  private server: ServerTransaction | undefined;
  private isBegun = false;
  private isOver = false;

  constructor(
    private readonly client: Client,
    private readonly label: string,
    private readonly signal: AbortSignal | undefined,
  ) {
    super((label, { database, name }, query) =>
      this.operate(`${label} ${name}`, (server) => query(server.view(client.databaseOf(database), name))),
    );
  }

  async insert(collection: CollectionRef, docs: readonly Doc[]): Promise<void> {
    if (docs.length === 0) return;
    const sent = this.taken(collection, docs);
    await this.bulk('insert', collection, (server, database, at) => server.insert(database, collection.name, sent, at));
  }

  replace(collection: CollectionRef, docs: readonly Doc[]): Promise<number> {
    return this.replaceAll('replace', collection, docs);
  }

  async put(collection: CollectionRef, docs: readonly Doc[]): Promise<void> {
    await this.replaceAll('put', collection, docs);
  }

  async remove(collection: CollectionRef, ids: readonly unknown[]): Promise<number> {
    if (ids.length === 0) return 0;
    const sent = ids.map((id) => new Intake().value(id));
    return this.bulk('remove', collection, (server, database) => server.remove(database, collection.name, sent));
  }

  patch<D extends Doc>(collection: CollectionRef, id: unknown, patch: Patch): Promise<D | undefined> {
    const sent = new Intake().value(patch) as Patch;
    return this.bulk('patch', collection, (server, database) => {
      const changed = server.patch(database, collection.name, new Intake().value(id), sent);
      return changed && (answered(changed.after) as D);
    });
  }

  async fence<D extends Doc>(collection: CollectionRef, id: string, raise: Record<string, string> = {}): Promise<D> {
    const fence = await this.bulk('fence', collection, (server, database) => {
      const changed = server.update(database, collection.name, id, (doc) => fenced(doc, raise));
      return changed && (answered(changed.before) as D);
    });
    if (fence !== undefined) return fence;
    this.failure ??= new FenceMissing(`the fence ${id} of ${collection.name} is gone: its incarnation is over`);
    throw this.failure;
  }

  /** Resolves when a majority has it. Nothing is sent for work that did nothing. */
  async commit(label: string): Promise<void> {
    if (!this.isBegun) return;
    const at = await this.client.call(`commit ${label}`, (member) => this.begun().commit(member));
    this.client.observe(at);
  }

  /** Once more where the connection broke; then the server ends it by itself, some time. */
  async abort(label: string): Promise<void> {
    this.isOver = true;
    if (!this.isBegun) return;
    for (let attempt = 1; attempt <= 2; attempt++) {
      try {
        return await this.client.call(`abort ${label}`, (member) => this.begun().useOn(member).end());
      } catch (error) {
        if (error instanceof NoSuchTransaction) return;
      }
    }
  }

  private async replaceAll(label: 'replace' | 'put', collection: CollectionRef, docs: readonly Doc[]): Promise<number> {
    if (docs.length === 0) return 0;
    const sent = this.taken(collection, docs);
    return this.bulk(label, collection, (server, database, at) =>
      server.replace(database, collection.name, sent, at, { makes: label === 'put' }),
    );
  }

  private taken(collection: CollectionRef, docs: readonly Doc[]): Stored[] {
    return docs.map((doc, place) => {
      try {
        return sendable(doc);
      } catch (error) {
        this.failure ??= refusal(collection, error, place);
        throw this.failure;
      }
    });
  }

  private bulk<T>(
    label: string,
    collection: CollectionRef,
    run: (server: ServerTransaction, database: string, at: (place: number) => void) => T,
  ): Promise<T> {
    return this.operate(`${label} ${collection.name}`, (server) => {
      let place: number | undefined;
      try {
        return run(server, this.client.databaseOf(collection.database), (now) => {
          place = now;
        });
      } catch (error) {
        throw refusal(collection, error, place);
      }
    });
  }

  private async operate<T>(label: string, run: (server: ServerTransaction) => T): Promise<T> {
    this.isBegun = true;
    const known = this.client.time;
    try {
      return await this.client.call(label, (member) => this.on(member, known, run), this.signal);
    } catch (error) {
      this.failure ??= error;
      throw error;
    }
  }

  /** Its first operation begins it on the server. */
  private on<T>(member: Member, known: number, run: (server: ServerTransaction) => T): T | Promise<T> {
    if (this.server !== undefined) return run(this.server.useOn(member));
    return member.once(known, () => {
      if (this.isOver) throw new NoSuchTransaction('aborted before it began');
      this.server ??= this.client.mongo.begin(member, this.client.job, {
        process: this.client.process,
        label: this.label,
      });
      return run(this.server.useOn(member));
    });
  }

  private begun(): ServerTransaction {
    if (this.server === undefined) throw new NoSuchTransaction('it never began');
    return this.server;
  }
}

function sendable(doc: Doc): Stored {
  const intake = new Intake();
  const stored = intake.document(doc);
  if (intake.bytes > MEASURED_FROM_BYTES && BSON.calculateObjectSize(stored) > MAX_BSON_BYTES)
    throw new Refused('tooLarge');
  return stored;
}

function refusal(collection: CollectionRef, error: unknown, place: number | undefined): unknown {
  const refused = error instanceof NotBson ? new Refused('other') : error;
  if (!(refused instanceof Refused)) return error;
  const { kind, indexName } = refused;
  const message = `${collection.name}: ${WORDS[kind]}${indexName ? ` (index ${indexName})` : ''}`;
  return new DocumentRefused(kind, collection, place, message, indexName);
}

function fenced(doc: Stored, raise: Record<string, string>): Stored {
  const set: Record<string, string> = {};
  for (const [field, least] of Object.entries(raise)) {
    const value = fieldOf(doc, field);
    if (value === undefined || compareValues(least, value) > 0) set[field] = least;
  }
  return patched(doc, { inc: { n: 1 }, set });
}
