export { KafkaLog } from './kafka-log.js';
export type { KafkaLogOptions, KafkaNotice, KafkaSasl, KafkaTls } from './kafka-options.js';
