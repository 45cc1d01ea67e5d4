import type { AssumptionsOf } from './assumption.js';
import { OF_KAFKA } from './kafka.js';
import { OF_MONGODB } from './mongodb.js';
import { OF_POSTGRES } from './postgres.js';
import { OF_PROCESSES } from './processes.js';

/** All that the simulation takes the world to do. */
export const ASSUMPTIONS: readonly AssumptionsOf[] = [
  { name: 'MongoDB', assumptions: OF_MONGODB },
  { name: 'PostgreSQL', assumptions: OF_POSTGRES },
  { name: 'Kafka', assumptions: OF_KAFKA },
  { name: 'Processes', assumptions: OF_PROCESSES },
];
