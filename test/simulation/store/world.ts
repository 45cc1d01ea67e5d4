import { type Doc, type Store, type StoreTransaction } from '#store';
import { type CallFault, Kernel, type KernelOptions, SimProcess } from '../kernel/index.js';
import { SimMongo, type SimMongoOptions, SimStore } from './index.js';

export const ROWS = { database: 'state', name: 'rows' } as const;
export const FENCES = { database: 'state', name: 'fences' } as const;
export const DOCUMENTS = { database: 'target', name: 'documents' } as const;

export interface Counted extends Doc {
  n: number;
}

/** A replica set with the fence `p0` and the row `sum`, both at zero. */
export class World {
  readonly trace: string[] = [];
  readonly kernel: Kernel;
  readonly mongo: SimMongo;

  private constructor(options: Partial<KernelOptions>, mongo: SimMongoOptions) {
    const onTrace: KernelOptions['onTrace'] = ({ process, what }) => this.trace.push(`${process} ${what}`);
    this.kernel = new Kernel({ seed: 1, onTrace, ...options });
    this.mongo = new SimMongo(this.kernel, mongo);
  }

  static async make(options: Partial<KernelOptions> = {}, mongo: SimMongoOptions = {}): Promise<World> {
    const world = new World(options, mongo);
    const store = world.open('maker');
    for (const collection of [ROWS, FENCES, DOCUMENTS]) await world.done(store.createCollection(collection));
    await world.done(store.write.insert(FENCES, [{ _id: 'p0', n: 0 }]));
    await world.done(store.write.insert(ROWS, [{ _id: 'sum', n: 0 }]));
    await store.close();
    return world;
  }

  open(name: string, process = new SimProcess(name)): SimStore {
    const { kernel, mongo } = this;
    return new SimStore({ kernel, mongo, process, stateDatabase: 'millrace_job', targetDatabase: 'target' });
  }

  /** Lets things happen until it has settled. */
  async done<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false;
    const settle = () => {
      isSettled = true;
    };
    promise.then(settle, settle);
    await this.kernel.runUntil(() => isSettled, 100_000);
    return promise;
  }

  until(what: string): Promise<void> {
    const from = this.trace.length;
    return this.kernel.runUntil(() => this.trace.indexOf(what, from) >= 0, 10_000);
  }

  get sum(): number {
    return (this.mongo.committed('millrace_job', 'rows')[0] as unknown as Counted).n;
  }
}

export async function add(tx: StoreTransaction): Promise<void> {
  await tx.fence(FENCES, 'p0');
  const sum = (await tx.byId<Counted>(ROWS, 'sum')) as Counted;
  await tx.replace(ROWS, [{ _id: 'sum', n: sum.n + 1 }]);
}

export async function addManyTimes(store: Store, times: number): Promise<void> {
  for (let i = 0; i < times; i++) await store.transact('add', add);
}

/** The first so many calls of this label go wrong. */
export function firstOf(label: string, fault: CallFault, times = 1): NonNullable<KernelOptions['faultOf']> {
  let left = times;
  return (_process, called) => (called === label && left-- > 0 ? fault : undefined);
}
