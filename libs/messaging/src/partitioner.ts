import type { ICustomPartitioner, PartitionerArgs } from 'kafkajs';
import kafkajs from 'kafkajs';
import murmurhash from 'murmurhash';

/** As in Kafka's own clients. */
const seed = 0x9747b28c;
const positive = 0x7fffffff;

/**
 * Chooses the partition of a key like Kafka's own clients. The hash of kafkajs gives the same, but takes 0.1 s for 25 KB, and four times
 * that for each doubling.
 */
export const createPartitioner: ICustomPartitioner = () => {
  const chooseWithoutKey = kafkajs.Partitioners.DefaultPartitioner();
  return (args: PartitionerArgs): number => {
    const { key, partition } = args.message;
    if (key === null || key === undefined || partition !== undefined) return chooseWithoutKey(args);
    return partitionOf({ key }, args.partitionMetadata.length);
  };
};

/** The partition of a message with a key, of so many. Those without a key are all in the first. */
export function partitionOf({ key }: { readonly key: Buffer | string | null }, partitions: number): number {
  return key === null ? 0 : (murmurhash.v2(key, seed) & positive) % partitions;
}
