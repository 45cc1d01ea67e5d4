import { fieldsOf, type SimMongo } from '../store/index.js';
import { ADDED, collectionNamed, inWords, type Model, type Shape, shapeOf } from '../workload/index.js';

/** Watches that every document that is written has the fields of its collection's documents: no part of one, and nothing else. */
export class Shapes {
  broken: string | undefined;
  private isOver = false;
  private readonly shapes = new Map<string, Shape>();

  constructor(mongo: SimMongo, database: string, model: Model) {
    for (const { name } of model.collections) this.shapes.set(name, shapeOf(model, collectionNamed(model, name)));
    mongo.onCommitted(({ database: changed, collection, _id, after }) => {
      const shape = this.shapes.get(collection);
      if (this.isOver || changed !== database || shape === undefined || after === undefined) return;
      const names = [...fieldsOf(after)].map(([name]) => name);
      const wrong = [...missing(shape, names), ...odd(shape, names)];
      if (wrong.length > 0) this.broken ??= `${collection} ${inWords(_id)} was written ${wrong.join(', ')}`;
    });
  }

  /** From now on somebody else writes, or the mapping is another one. */
  end(): void {
    this.isOver = true;
  }
}

function missing({ always }: Shape, names: readonly string[]): string[] {
  return [...always].filter((name) => !names.includes(name)).map((name) => `without ${name}`);
}

function odd({ always, sometimes }: Shape, names: readonly string[]): string[] {
  const isKnown = (name: string) => always.has(name) || sometimes.has(name) || name.toLowerCase().endsWith(ADDED);
  return names.filter((name) => !isKnown(name)).map((name) => `with ${name}`);
}
