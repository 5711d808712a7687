import { crc32 } from 'node:zlib';
import type { ICustomPartitioner, PartitionerArgs } from 'kafkajs';
import kafkajs from 'kafkajs';

/** Longer keys (bytes) are not ids. The hash of kafkajs takes 0.1 s for 25 KB, and four times that for each doubling. */
const longestHashed = 1_024;

/** Chooses the partition of a key like Kafka's own clients; for a very long key a different but constant one. */
export const createPartitioner: ICustomPartitioner = () => {
  const choose = kafkajs.Partitioners.DefaultPartitioner();
  return (args: PartitionerArgs): number => {
    const { key, partition } = args.message;
    const count = args.partitionMetadata.length;
    if (key === null || key === undefined || partition !== undefined) return choose(args);
    return Buffer.byteLength(key) > longestHashed && count > 0 ? crc32(key) % count : choose(args);
  };
};

interface Keyed {
  readonly topic: string;
  readonly key: Buffer | string | null;
}

/** The partition of a message with a key, of so many. */
export function partitionOf({ topic, key }: Keyed, partitions: number): number {
  const partitionMetadata = Array.from({ length: partitions }, () => unknownPartition);
  return choosePartition({ topic, partitionMetadata, message: { key, value: null } });
}

const choosePartition = createPartitioner();
/** Of a partition nothing but that it is there matters to whoever has a key. */
const unknownPartition = { partitionErrorCode: 0, partitionId: 0, leader: 0, replicas: [], isr: [] };
