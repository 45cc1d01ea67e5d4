import type { SimBroker } from '../log/index.js';
import type { SimPostgres } from '../source/index.js';
import type { SimMongo } from '../store/index.js';

export interface OwnedServers {
  postgres: Pick<SimPostgres, 'slotNames' | 'publicationNames'>;
  broker: Pick<SimBroker, 'topicNames'>;
  mongo: Pick<SimMongo, 'collectionNames'>;
}

/** What there is of a job on the servers, but for its documents: of a completed one nothing is left. */
export function remainsOf({ postgres, broker, mongo }: OwnedServers, state: string): string[] {
  return [
    ...postgres.slotNames().map((name) => `slot ${name}`),
    ...postgres.publicationNames().map((name) => `publication ${name}`),
    ...broker.topicNames().map((name) => `topic ${name}`),
    ...mongo.collectionNames(state).map((name) => `collection ${state}.${name}`),
  ];
}
