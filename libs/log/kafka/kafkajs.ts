import kafkajs from 'kafkajs';

/** Of a CommonJS module Node gives the default export alone. */
export const { CompressionTypes, ConfigResourceTypes, Kafka, KafkaJSError, KafkaJSNonRetriableError, logLevel } =
  kafkajs;
