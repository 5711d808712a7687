import { partitionOf } from '#messaging';
import { KafkaFlows } from './kafka-flows.ts';

type Ports = ConstructorParameters<typeof KafkaFlows>[0];

/** Flows to so many partitions of a Kafka that is a function. */
export function testFlows({
  partitions = 3,
  ...ports
}: Pick<Ports, 'send'> & Partial<Ports> & { readonly partitions?: number }): KafkaFlows {
  return new KafkaFlows({
    openSender: () => ({ send: ports.send, close: async () => undefined }),
    countPartitions: async () => partitions,
    partitionOf,
    onSent: () => undefined,
    onRetry: () => undefined,
    ...ports,
  });
}
