import type { SimMongo } from '../store/index.js';

/** Letters that were there when the job was asked for last, and that were written since: no more documents can have stopped it. */
export class Failures {
  private asked: number | undefined;
  private since = 0;
  private readonly there = new Set<string>();

  constructor(
    mongo: Pick<SimMongo, 'onCommitted'>,
    state: string,
    private readonly number: () => number,
  ) {
    mongo.onCommitted(({ database, collection, _id, after }) => {
      if (database !== state || !collection.startsWith('letters_')) return;
      const name = `${collection} ${String(_id)}`;
      this.look();
      if (after === undefined) this.there.delete(name);
      else this.there.add(name);
      if (after !== undefined) this.since++;
    });
  }

  /** At the most. */
  get count(): number {
    this.look();
    return this.since;
  }

  private look(): void {
    if (this.asked === this.number()) return;
    this.asked = this.number();
    this.since = this.there.size;
  }
}
