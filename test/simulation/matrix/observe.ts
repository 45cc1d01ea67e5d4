import type { SimWorld } from '../world/sim-world.js';
import { feedFromBroker, feedFromMongo, feedFromPostgres, openTransactionsOf } from './feeds/server-feeds.js';
import { ServiceFeed } from './feeds/service-feed.js';
import type { Happening, Reach } from './happening.js';
import { Observer } from './observer.js';

export interface Observed {
  observer: Observer;
  tell(happening: Happening): void;
}

/** Has the observer told of all that happens in a world from now on, before any service begins. It can be told more. */
export function observe(world: SimWorld, reach: Reach): Observed {
  const { kernel, servers, model } = world;
  const { postgres, mongo, broker, makeEvaluator } = servers;
  const observer = new Observer(model, reach);
  const tell = (happening: Happening) => observer.tell(happening, kernel.now());
  feedFromMongo(mongo, tell);
  feedFromBroker(broker, mongo, tell);
  feedFromPostgres(postgres, tell);
  servers.makeEvaluator = (plan) => {
    tell({ kind: 'planned', plan });
    return makeEvaluator(plan);
  };
  servers.feed = new ServiceFeed(
    tell,
    () => kernel.now(),
    (process) => openTransactionsOf(mongo, process),
  );
  return { observer, tell };
}
