export { METRIC_NAMES, Metrics } from './metrics.js';
