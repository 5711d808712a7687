import type { Kafka } from 'kafkajs';
import type { KafkaLog } from '#messaging';
import { createKafka } from '#messaging';
import { addressOf } from './address.ts';

/** Warnings of the client are of no use to whoever types a command. */
const quiet: KafkaLog = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/** A client of the brokers that are given, or found. */
export function kafkaOf(clientId: string, brokers = addressOf('KAFKA_BROKERS')): Kafka {
  return createKafka({ brokers: brokers.split(','), clientId, log: quiet });
}
