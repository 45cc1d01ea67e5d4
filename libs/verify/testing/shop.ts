import { compileAssembler, compilePlan, readJobFile, Sandbox } from '#mapping';
import type { Plan } from '#model';
import type { Source } from '#sources';
import { createPostgresSource } from '#sources/postgres';
import { IncarnationNames } from '#stage';
import type { Store } from '#store';
import { openMongoStore } from '#store/mongodb';
import { type TestMongo, testMongo, type TestPostgres, testPostgres } from '#testing';
import { claimId, ownerOf } from '#write';
import { engineState } from '../engine-state.js';
import { noCapture } from '../no-capture.js';
import type { VerifyDeps } from '../ports.js';
import { RootPages } from '../root-pages.js';

/** A source with tables and a target, on real servers, without an engine between them. */
export interface Shop extends AsyncDisposable {
  pg: TestPostgres;
  mongo: TestMongo;
  plan: Plan;
  source: Source;
  store: Store;
  names: IncarnationNames;
  deps: VerifyDeps;
  /** Puts into the target what the mapping makes of the source now: what an engine would have done. */
  fill(): Promise<void>;
}

const NEVER = new AbortController().signal;

export async function shop(sql: string, collections: string): Promise<Shop> {
  const closing: (() => PromiseLike<void> | void)[] = [];
  const dispose = async () => {
    for (const close of closing.reverse()) await close();
  };
  try {
    const pg = await testPostgres();
    closing.push(() => pg[Symbol.asyncDispose]());
    const mongo = await testMongo();
    closing.push(() => mongo[Symbol.asyncDispose]());
    await pg.exec(sql);
    const source = createPostgresSource(pg.uri);
    closing.push(() => source.close());
    const store = await openMongoStore({
      uri: mongo.uri,
      stateDatabase: `millrace_${mongo.job}`,
      targetDatabase: mongo.database,
      appName: 'test',
    });
    closing.push(() => store.close());
    const plan = await planOf(source, mongo.database, collections);
    const names = new IncarnationNames({ incarnation: 1, incarnationId: 'a' });
    const evaluator = await Sandbox.create(plan);
    closing.push(() => evaluator.dispose());
    const deps: VerifyDeps = {
      plan,
      source,
      store,
      evaluator,
      assembler: compileAssembler(plan),
      control: noCapture,
      state: engineState(plan, names, store),
      wait: async () => {},
    };
    return {
      pg,
      mongo,
      plan,
      source,
      store,
      names,
      deps,
      fill: () => fill(deps, mongo, names),
      [Symbol.asyncDispose]: dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

async function planOf(source: Source, database: string, collections: string): Promise<Plan> {
  const text =
    `job: shop\nmode: snapshot\nsource: { kind: postgres, uri: "postgres://localhost/x" }\n` +
    `target: { uri: "mongodb://localhost", database: ${database} }\ncollections:\n${collections}`;
  const read = readJobFile(text, { fileName: 'shop.yaml', env: {}, readFile: () => '' } as never);
  if (read.jobFile === undefined) throw new Error(JSON.stringify(read.problems));
  const compiled = compilePlan(read.jobFile, await source.catalogue(), read.positions);
  if (compiled.plan === undefined) throw new Error(JSON.stringify(compiled.problems));
  return compiled.plan;
}

/** With claims of the lowest root keys, where the collection keeps them. */
async function fill(deps: VerifyDeps, mongo: TestMongo, names: IncarnationNames): Promise<void> {
  const state = mongo.client.db(`millrace_${mongo.job}`);
  for (const collection of deps.plan.collections) {
    const claimed = new Map<string, { id: unknown; root: string; document: Record<string, unknown> }>();
    for await (const page of new RootPages(deps).of(collection, false, NEVER)) {
      for (const tree of page.trees) {
        const made = deps.assembler.assemble(collection.index, tree);
        if (made.kind !== 'document') continue;
        const id = claimId(collection.index, made.id);
        if (!claimed.has(id)) claimed.set(id, { id: made.id, root: tree.row._id, document: made.document });
      }
    }
    const all = [...claimed.values()];
    if (all.length > 0)
      await mongo.db.collection(collection.name).insertMany(all.map(({ document }) => document as never));
    if (!collection.claims || all.length === 0) continue;
    const claims = [...claimed].map(([_id, { root, id }]) => ({
      _id: _id as never,
      owner: ownerOf(collection.index, root),
      root,
      id,
    }));
    await state.collection(names.claims.name).insertMany(claims);
  }
}
