import type { Kafka } from 'kafkajs';
import type { KafkaLog } from '#messaging';
import { createKafka } from '#messaging';

/** Warnings of the client are of no use to whoever types a command. */
const quiet: KafkaLog = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/** The brokers: KAFKA_BROKERS, else those that npm start runs. */
export function kafkaOf(clientId: string, brokers = process.env['KAFKA_BROKERS'] ?? '127.0.0.1:9092'): Kafka {
  return createKafka({ brokers: brokers.split(','), clientId, log: quiet });
}
