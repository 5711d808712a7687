import type { Kafka } from 'kafkajs';
// Not imported from their libs, which would load Nest, validators and more for every command of the launcher.
import type { KafkaLog } from '../../libs/messaging/src/kafka.ts';
import { createKafka } from '../../libs/messaging/src/kafka.ts';
import { ConfigError } from '../../libs/platform/src/config/errors.ts';
import type { KafkaConnection } from '../../libs/platform/src/config/kafka-connection.ts';
import { loadKafkaConnection } from '../../libs/platform/src/config/kafka.ts';
import { addressOf } from './address.ts';
import { Failure } from './failure.ts';

/** The client's own warnings do not help the user of a command. */
const quiet: KafkaLog = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/** A client of the given or found brokers, with TLS and SASL from the environment. */
export function kafkaOf(clientId: string, brokers = addressOf('KAFKA_BROKERS')): Kafka {
  if (brokers === 'off')
    throw new Failure('The system runs without Kafka (KAFKA_BROKERS=off), which this needs.');
  return createKafka({ connection: connectionTo(brokers), clientId, log: quiet });
}

function connectionTo(brokers: string): KafkaConnection {
  try {
    return loadKafkaConnection(brokers.split(','), process.env);
  } catch (error) {
    throw error instanceof ConfigError ? new Failure(error.message) : error;
  }
}
