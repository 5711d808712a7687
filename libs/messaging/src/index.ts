export { createKafka, KafkaProbe } from './kafka.ts';
export type { KafkaLog, KafkaOptions } from './kafka.ts';
