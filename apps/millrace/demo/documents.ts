import { type MongoStore, openMongoStore } from '#store/mongodb';
import { EJSON } from 'bson';
import type { Seen } from './changes.js';

/** What an application finds in the target. */
export class Documents {
  private constructor(private readonly store: MongoStore) {}

  static async open(uri: string): Promise<Documents> {
    const names = { stateDatabase: 'millrace_demo', targetDatabase: 'shop', appName: 'millrace demo' };
    return new Documents(await openMongoStore({ uri, ...names }));
  }

  /** As relaxed Extended JSON, in the order of the ids. */
  async orders(ids: readonly number[]): Promise<Seen[]> {
    return Promise.all(ids.map((id) => this.order(id)));
  }

  async order(id: number): Promise<Seen> {
    const document = await this.exact(id);
    return document && (EJSON.serialize(document, { relaxed: true }) as Record<string, unknown>);
  }

  /** With every BSON type. */
  exact(id: number): Promise<Record<string, unknown> | undefined> {
    return this.store.read.byId({ database: 'target', name: 'orders' }, id, { exact: true });
  }

  close(): Promise<void> {
    return this.store.close();
  }
}
