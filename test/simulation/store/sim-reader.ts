import type { CollectionRef, Doc, ReadOptions, StoreReader } from '#store';
import type { Client } from './client.js';
import * as queries from './queries.js';
import type { View } from './queries.js';

/** One query, carried out on what the reader sees of a collection. */
export type Ask = <T>(label: string, collection: CollectionRef, query: (view: View) => T) => Promise<T>;

export class SimReader implements StoreReader {
  constructor(private readonly ask: Ask) {}

  async byId<D extends Doc>(collection: CollectionRef, id: unknown, options: ReadOptions = {}): Promise<D | undefined> {
    const [found] = await this.ask('byId', collection, (view) => queries.byIds(view, [id], options));
    return found as D | undefined;
  }

  async byIds<D extends Doc>(
    collection: CollectionRef,
    ids: readonly unknown[],
    options: ReadOptions = {},
  ): Promise<D[]> {
    if (ids.length === 0) return [];
    return (await this.ask('byIds', collection, (view) => queries.byIds(view, ids, options))) as D[];
  }

  async byField<D extends Doc>(
    collection: CollectionRef,
    field: string,
    values: readonly unknown[],
    options: ReadOptions & { after?: unknown } = {},
  ): Promise<D[]> {
    if (values.length === 0) return [];
    return (await this.ask('byField', collection, (view) => queries.byField(view, field, values, options))) as D[];
  }

  async range<D extends Doc>(
    collection: CollectionRef,
    range: { after?: unknown; upTo?: unknown },
    options: ReadOptions & { limit: number },
  ): Promise<D[]> {
    return (await this.ask('range', collection, (view) => queries.inRange(view, range, options))) as D[];
  }

  async upTo<D extends Doc>(
    collection: CollectionRef,
    field: string,
    value: unknown,
    options: ReadOptions & { limit: number },
  ): Promise<D[]> {
    return (await this.ask('upTo', collection, (view) => queries.upTo(view, field, value, options))) as D[];
  }

  nthId(collection: CollectionRef, after: unknown, n: number): Promise<unknown> {
    return this.ask('nthId', collection, (view) => queries.nthId(view, after, n));
  }
}

/** Of what a majority has, and no older than what this process knows of. */
export function majorityReads(client: Client): Ask {
  return async (label, { database, name }, query) => {
    const found = await client.repeat(`${label} ${name}`, (member) =>
      member.once(client.time, () => {
        const at = member.majority;
        const collection = client.mongo.catalogue.at(client.databaseOf(database), name, at);
        return { at, result: query({ collection, doc: (entry) => entry.at(at) }) };
      }),
    );
    client.observe(found.at);
    return found.result;
  };
}
