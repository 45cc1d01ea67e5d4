import type { Collection, Db, MongoClient } from 'mongodb';
import type { CollectionRef } from '../store.js';

/** The two databases of a job, by the words of the port. */
export class Databases {
  readonly #state: Db;
  readonly #target: Db;

  constructor(client: MongoClient, names: { stateDatabase: string; targetDatabase: string }) {
    this.#state = client.db(names.stateDatabase);
    this.#target = client.db(names.targetDatabase);
  }

  database(name: CollectionRef['database']): Db {
    return name === 'state' ? this.#state : this.#target;
  }

  collection(ref: CollectionRef): Collection {
    return this.database(ref.database).collection(ref.name);
  }
}
