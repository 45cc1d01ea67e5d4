export { type SimBrokerOptions, SimBroker } from './sim-broker.js';
export { SimLog } from './sim-log.js';
export type { Bounds, SimMessage } from './sim-topic.js';
